import { codes } from "./codes.zh";
import { events } from "./events.zh";
import { messages } from "./messages.zh";

export const texts = { messages, codes, events };
