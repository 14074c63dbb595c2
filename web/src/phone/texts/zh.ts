import { codes } from "../../shared/codes/zh";
import { messages } from "./messages.zh";

export const texts = { messages, codes };
