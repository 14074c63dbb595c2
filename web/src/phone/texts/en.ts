import { codes } from "../../shared/codes/en";
import { messages } from "./messages.en";

export const texts = { messages, codes };
