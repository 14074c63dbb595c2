// What the service worker shows for a push message. Pure.

/** As the server sends it; another version of the server may leave something out. */
export interface Pushed {
  title?: string;
  body?: string;
  notice_id?: string;
  urgency?: string;
  language?: string;
}

export interface Shown {
  title: string;
  options: NotificationOptions & { vibrate: number[]; renotify: boolean };
}

/** Both languages: nothing is known of whom it is for. */
const UNREADABLE = { title: "Dispatch", body: "请打开本页 / Please open this page" };

const VIBRATION: Record<string, number[]> = {
  LIFE: [600, 150, 600, 150, 600, 150, 600],
  URGENT: [250, 120, 250, 120, 250, 400, 250, 120, 250, 120, 250],
  NORMAL: [250, 120, 250, 120, 250],
};
const SHORT = [200];

/** What was pushed, if it can be read at all. */
export function readPushed(text: string | undefined): Pushed {
  try {
    const read: unknown = JSON.parse(text ?? "");
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}

/** A browser that is woken must show something, whatever it was sent. */
export function alertOf(pushed: Pushed): Shown {
  const { title, body, notice_id = "dispatch", urgency = "" } = pushed;
  const said = title ? { title, body: body ?? "" } : UNREADABLE;
  return {
    title: said.title,
    options: {
      body: said.body,
      tag: notice_id,
      // The same notice again takes the place of the one shown, and is heard again.
      renotify: true,
      requireInteraction: urgency !== "INFO",
      vibrate: VIBRATION[urgency] ?? SHORT,
      lang: pushed.language === "en" ? "en" : "zh-CN",
      data: { notice_id },
    },
  };
}

/** The alert that this one takes back: thanks end the offer. */
export const endedBy = (notice_id: string): string | null =>
  notice_id.startsWith("s-") ? `o-${notice_id.slice(2)}` : null;
