import "../shared/base.css";
import "./command.css";
import { mount } from "svelte";
import { startTheme } from "../shared/theme.svelte";
import App from "./App.svelte";
import { app } from "./app.svelte";
import { texts } from "./texts.svelte";

startTheme("command", "dark");
await texts.start();
const target = document.getElementById("app");
if (target) mount(App, { target });
void app.start();
