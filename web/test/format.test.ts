import { describe, expect, it } from "vitest";
import {
  age,
  clock,
  coordinates,
  countdown,
  day,
  distance,
  elapsed,
  eta,
  money,
  percent,
  solveTime,
} from "../src/shared/format";

/** The unbreakable space between a number and its unit reads as a space. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("format", () => {
  it.each([
    [0, "00:00 h", "00:00 时"],
    [7_800, "02:10 h", "02:10 时"],
    [59, "00:00 h", "00:00 时"],
    [90_000, "1 d 01:00 h", "1 天 01:00 时"],
    [-5, "00:00 h", "00:00 时"],
  ])("elapsed %i s", (seconds, en, zh) => {
    expect(plain(elapsed(seconds, "en"))).toBe(en);
    expect(plain(elapsed(seconds, "zh"))).toBe(zh);
  });

  it.each([
    [245, "04:05 min", "04:05 分"],
    [0.2, "00:01 min", "00:01 分"],
    [-3, "00:00 min", "00:00 分"],
    [3_845, "1:04:05 h", "1:04:05 时"],
  ])("countdown %d s", (seconds, en, zh) => {
    expect(plain(countdown(seconds, "en"))).toBe(en);
    expect(plain(countdown(seconds, "zh"))).toBe(zh);
  });

  it.each([
    [3.9, "3 s", "3 秒"],
    [60, "1 min", "1 分钟"],
    [7_300, "2 h", "2 小时"],
    [200_000, "2 d", "2 天"],
  ])("age %d s", (seconds, en, zh) => {
    expect(plain(age(seconds, "en"))).toBe(en);
    expect(plain(age(seconds, "zh"))).toBe(zh);
  });

  it.each([
    [0, "1 min", "1 分钟"],
    [61, "2 min", "2 分钟"],
    [7_140, "119 min", "119 分钟"],
    [7_200, "2 h", "2 小时"],
    [31_250, "8 h 41 min", "8 小时 41 分"],
  ])("eta %i s promises nobody too early", (seconds, en, zh) => {
    expect(plain(eta(seconds, "en"))).toBe(en);
    expect(plain(eta(seconds, "zh"))).toBe(zh);
  });

  it.each([
    [3_440, "3.4 km"],
    [40, "< 0.1 km"],
    [60, "0.1 km"],
    [940, "0.9 km"],
    [1_234_500, "1,234.5 km"],
  ])("distance %i m", (metres, en) => {
    expect(plain(distance(metres, "en"))).toBe(en);
  });

  it("says kilometres in Chinese", () => {
    expect(plain(distance(3_440, "zh"))).toBe("3.4 公里");
  });

  it("shows clock times in the local zone, with the day unless it is today", () => {
    const now = new Date(2026, 10, 22, 14, 0).getTime();
    expect(clock(new Date(2026, 10, 22, 4, 5).toISOString(), "en", now)).toBe("04:05");
    expect(clock(new Date(2026, 10, 21, 4, 5).toISOString(), "en", now)).toContain("21");
    expect(clock(new Date(2026, 10, 22, 0, 5).toISOString(), "zh", now)).toBe("00:05");
  });

  it("keeps a day the same day in every zone", () => {
    expect(day("2027-03-01", "en")).toBe("1 Mar 2027");
    expect(day("2027-03-01", "zh")).toBe("2027年3月1日");
  });

  it("never shows a bare number", () => {
    expect(plain(money(200_000, "CLP", "en"))).toBe("CLP 200,000");
    expect(plain(solveTime(85.4, "en"))).toBe("85 ms");
    expect(plain(solveTime(1_400, "zh"))).toBe("1.4 秒");
    expect(plain(percent(0))).toBe("0 %");
    expect(plain(percent(0.0004))).toBe("< 0.1 %");
    expect(plain(percent(0.034))).toBe("3.4 %");
    expect(plain(percent(0.34))).toBe("34 %");
  });

  it("names the hemispheres", () => {
    expect(coordinates(-71.25, -29.9)).toBe("29.90000° S, 71.25000° W");
    expect(coordinates(106.4, 29.8)).toBe("29.80000° N, 106.40000° E");
  });
});
