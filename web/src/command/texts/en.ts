import { codes } from "./codes.en";
import { events } from "./events.en";
import { messages } from "./messages.en";

export const texts = { messages, codes, events };
