// Sound and vibration, different for an offer, a stand-down and a test. Browsers allow sound only after
// the person has touched the page once.

import type { Alarm } from "./phase";

/** As [hertz, start in seconds, length in seconds]. */
export type Tones = readonly (readonly [number, number, number])[];

const TONES: Record<Alarm, Tones> = {
  // Rising, three times: something to answer.
  offer: [0, 0.75, 1.5].flatMap((start) => [
    [660, start, 0.14] as const,
    [880, start + 0.16, 0.14] as const,
    [1175, start + 0.32, 0.22] as const,
  ]),
  // Falling and slow: turn back.
  "stand-down": [
    [520, 0, 0.45],
    [390, 0.5, 0.45],
    [294, 1, 0.8],
  ],
  // One note, twice: only whether this is heard.
  test: [
    [740, 0, 0.3],
    [740, 0.5, 0.3],
  ],
};

const VIBRATION: Record<Alarm, number[]> = {
  offer: [250, 120, 250, 120, 250, 400, 250, 120, 250, 120, 250],
  "stand-down": [1200, 300, 1200],
  test: [300, 200, 300],
};

let context: AudioContext | null = null;

export function unlockSoundOnFirstTouch(): void {
  const unlock = () => {
    context ??= new AudioContext();
    void context.resume();
  };
  for (const event of ["pointerdown", "keydown"]) {
    window.addEventListener(event, unlock, { once: true, passive: true });
  }
}

export const sound = (alarm: Alarm): void => play(TONES[alarm], VIBRATION[alarm]);

export function play(tones: Tones, vibration: number[]): void {
  navigator.vibrate?.(vibration);
  if (!context) return;
  void context.resume();
  const begin = context.currentTime + 0.03;
  for (const [hertz, start, length] of tones) tone(context, hertz, begin + start, length);
}

function tone(ctx: AudioContext, hertz: number, start: number, length: number): void {
  const oscillator = ctx.createOscillator();
  const gain = ctx.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = hertz;
  // Soft edges: a hard start clicks and hides the tone.
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.5, start + 0.02);
  gain.gain.setValueAtTime(0.5, start + length - 0.04);
  gain.gain.linearRampToValueAtTime(0, start + length);
  oscillator.connect(gain).connect(ctx.destination);
  oscillator.start(start);
  oscillator.stop(start + length);
}
