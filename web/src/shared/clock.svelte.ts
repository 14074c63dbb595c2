// One ticking clock for the page, in the server's time.

let now = $state(Date.now());
let offset = 0;

const tick = () => {
  now = Date.now() + offset;
};

/** Milliseconds of the server's clock; components that read it are refreshed every second. */
export const serverNow = (): number => now;

export function setOffset(offsetMs: number): void {
  if (Math.abs(offsetMs - offset) < 1) return;
  offset = offsetMs;
  tick();
}

setInterval(tick, 1000);
