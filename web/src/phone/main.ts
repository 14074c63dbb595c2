import "../shared/base.css";
import "./phone.css";
import { mount } from "svelte";
import { startTheme } from "../shared/theme.svelte";
import App from "./App.svelte";
import { app } from "./app.svelte";
import { unlockSoundOnFirstTouch } from "./sound";
import { texts } from "./texts.svelte";

startTheme("phone", "system");
unlockSoundOnFirstTouch();
await texts.start();
const target = document.getElementById("app");
if (target) mount(App, { target });
void app.start();

// The page must open in a tunnel too. Without a service worker it works, but only online.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker
    .register("/phone-sw.js", { scope: "/phone" })
    .catch((error: unknown) => console.warn("offline start is not available", error));
}
