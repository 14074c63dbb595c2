// Why the door is closed, and how to get a new key.

import type { Both } from "../shared/i18n";

const en = {
  title: "You need a one-time link",
  reason: {
    NO_SESSION: "You are not signed in on this device, or you have signed out.",
    LINK_USED: "This one-time link was already used. Each link opens one device, once.",
    LINK_UNKNOWN: "This link is not valid. It may be cut off or have expired.",
  } as Record<string, string>,
  other: (code: string) => `The server answered ${code}.`,
  safe: "Nothing is lost: operations go on, and actions waiting on a phone stay there.",
  commander: "Commander",
  volunteer: "Volunteer",
  who: "Ask the person who runs the server for a new link. On the server they run:",
  volunteerHelp: "Use your volunteer number for N. Open the link on the phone it is meant for.",
  language: "Language",
};

const zh: typeof en = {
  title: "需要一次性链接",
  reason: {
    NO_SESSION: "您尚未在本设备登录，或已经退出。",
    LINK_USED: "该一次性链接已使用过。每个链接只能在一台设备上打开一次。",
    LINK_UNKNOWN: "该链接无效，可能不完整或已过期。",
  },
  other: (code) => `服务器返回 ${code}。`,
  safe: "不会丢失任何内容：处置照常进行，手机上待发送的操作仍会保留。",
  commander: "指挥员",
  volunteer: "志愿者",
  who: "请向服务器管理员索取新链接。管理员在服务器上运行：",
  volunteerHelp: "N 为志愿者编号。请在对应的手机上打开链接。",
  language: "语言",
};

export const MESSAGES: Both<typeof en> = { zh, en };
