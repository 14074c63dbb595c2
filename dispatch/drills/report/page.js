// Language, and notes that a reader may write and keep by saving the page.
"use strict";
(() => {
  const root = document.documentElement;
  function choose(lang) {
    root.lang = lang === "zh" ? "zh-CN" : "en";
    root.dataset.lang = lang;
    for (const button of document.querySelectorAll("[data-choose]"))
      button.setAttribute("aria-pressed", String(button.dataset.choose === lang));
    document.dispatchEvent(new Event("languagechange-report"));
  }
  for (const button of document.querySelectorAll("[data-choose]"))
    button.addEventListener("click", () => choose(button.dataset.choose));
  choose(root.dataset.lang || (navigator.language.startsWith("zh") ? "zh" : "en"));

  const notes = document.getElementById("notes");
  document.getElementById("save").addEventListener("click", () => {
    notes.textContent = notes.value;
    const page = `<!doctype html>\n${root.outerHTML}`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([page], { type: "text/html" }));
    link.download = `${document.title.replace(/[^\p{L}\p{N}]+/gu, "-")}.html`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
})();
