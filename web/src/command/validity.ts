// The browser words what a field misses in its own language; the room has chosen another one.

interface FieldTexts {
  fieldMissing: string;
  fieldRange: (least: string, most: string) => string;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLSelectElement ||
  target instanceof HTMLTextAreaElement;

/** Words missing and out-of-range fields in the language of the page; returns how to stop. */
export function speakOurLanguage(page: Document, texts: () => FieldTexts): () => void {
  function word({ target }: Event): void {
    if (!isField(target)) return;
    const { validity } = target;
    if (validity.valueMissing) target.setCustomValidity(texts().fieldMissing);
    else if (target instanceof HTMLInputElement && target.min && target.max)
      target.setCustomValidity(texts().fieldRange(target.min, target.max));
  }
  // A worded field counts as wrong until its word is taken back.
  function forget({ target }: Event): void {
    if (isField(target)) target.setCustomValidity("");
  }
  page.addEventListener("invalid", word, true);
  page.addEventListener("input", forget, true);
  return () => {
    page.removeEventListener("invalid", word, true);
    page.removeEventListener("input", forget, true);
  };
}
