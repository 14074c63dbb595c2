import "../shared/base.css";
import "../phone/phone.css";
import { mount } from "svelte";
import { lang, setLang } from "../shared/lang.svelte";
import { startTheme } from "../shared/theme.svelte";
import App from "./App.svelte";

startTheme("answer", "system");
setLang(lang());
const target = document.getElementById("app");
if (target) mount(App, { target });
