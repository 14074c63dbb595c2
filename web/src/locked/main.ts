import "../shared/base.css";
import { mount } from "svelte";
import { lang, setLang } from "../shared/lang.svelte";
import { startTheme } from "../shared/theme.svelte";
import Locked from "./Locked.svelte";

startTheme("locked", "system");
setLang(lang());
const target = document.getElementById("app");
if (target) mount(Locked, { target });
