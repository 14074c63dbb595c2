// One place that talks HTTP. Every failure becomes a Failure with a code the screens translate.

import type { Answer, Audience, CommandAction, PhoneAction, Session } from "./wire";

export interface Problem {
  code: string;
  params: Record<string, unknown>;
  message: string;
}

/** The server did not answer, so it is not known whether it acted. */
export const NETWORK = "NETWORK";
const TIMEOUT_MS = 15_000;

export class Failure extends Error {
  readonly problem: Problem;
  readonly status: number;

  constructor(status: number, problem: Problem) {
    super(`${problem.code}: ${problem.message}`);
    this.status = status;
    this.problem = problem;
  }

  get network(): boolean {
    return this.problem.code === NETWORK;
  }
}

/** Reads an error body; anything that is not the contract's shape still gives a usable problem. */
export function readProblem(status: number, body: unknown): Problem {
  const error = record(record(body)?.["error"]);
  const code = typeof error?.["code"] === "string" ? error["code"] : `HTTP_${status}`;
  const message = typeof error?.["message"] === "string" ? error["message"] : "";
  const params = { ...record(error?.["params"]) };
  for (const extra of ["changed", "fields"]) {
    if (error?.[extra] !== undefined && params[extra] === undefined) params[extra] = error[extra];
  }
  return { code, params, message };
}

export function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

async function call<T>(path: string, init: RequestInit, timeoutMs: number): Promise<T> {
  let response: Response;
  let text: string;
  // Not AbortSignal.timeout: phones of before 2022 have none.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  try {
    response = await fetch(path, {
      credentials: "same-origin",
      cache: "no-store",
      ...init,
      signal: limit.signal,
    });
    text = await response.text();
  } catch (cause) {
    throw new Failure(0, { code: NETWORK, params: {}, message: String(cause) });
  } finally {
    clearTimeout(timer);
  }
  // A proxy in front that cannot reach the server is the network's fault, not a refusal.
  if (response.status === 502 || response.status === 504) {
    throw new Failure(response.status, { code: NETWORK, params: {}, message: response.statusText });
  }
  const body = parse(text);
  if (!response.ok) throw new Failure(response.status, readProblem(response.status, body));
  return body as T;
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

export const get = <T>(path: string, timeoutMs = TIMEOUT_MS): Promise<T> =>
  call<T>(path, { method: "GET" }, timeoutMs);

export const post = <T>(path: string, body: unknown, timeoutMs = TIMEOUT_MS): Promise<T> =>
  send<T>("POST", path, body, timeoutMs);

export const send = <T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body: unknown,
  timeoutMs = TIMEOUT_MS,
): Promise<T> =>
  call<T>(
    path,
    { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    timeoutMs,
  );

/** Sends a file as it is. */
export const postFile = <T>(path: string, file: Blob, timeoutMs = 120_000): Promise<T> =>
  call<T>(
    path,
    { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file },
    timeoutMs,
  );

/** A new id for an action. Not crypto.randomUUID: it is there only over https. */
export const newActionId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

export const postAction = (
  audience: Audience,
  actionId: string,
  action: CommandAction | PhoneAction,
  timeoutMs = TIMEOUT_MS,
): Promise<Answer> =>
  post<Answer>(`/api/${audience}/actions`, { action_id: actionId, action }, timeoutMs);

/** False only when the server says so; a server that cannot be reached proves nothing. */
export async function hasSession(audience: Audience): Promise<boolean> {
  try {
    await get<Session>(`/api/${audience}/session`);
    return true;
  } catch (error) {
    return !(error instanceof Failure && error.status === 401);
  }
}
