// Where the keyboard is after something it was in has gone.

/** The panel with the details takes the focus that would else start again at the top of the page. */
export function focusDetails(): void {
  if (document.activeElement === document.body) document.getElementById("drawer")?.focus();
}

/** Call when a dialog opens; the answer puts the focus back when it has gone. */
export function focusKeeper(): () => void {
  const before = document.activeElement;
  return () =>
    setTimeout(() => {
      if (document.activeElement !== document.body) return;
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      focusDetails();
    });
}
