// Icons and patterns, drawn on a canvas when the map first asks for them by name.
//
// Shape carries the meaning together with colour, so that nobody depends on seeing colours:
// available circle, asked ring, going triangle, on scene square, resting hollow.

import type { MapLibreMap } from "maplibre-gl";
import type { Severity, ZoneKind } from "../shared/wire";

const RATIO = 2;

const SEVERITY: Record<Severity, { fill: string; text: string }> = {
  I: { fill: "#c1121f", text: "#ffffff" },
  II: { fill: "#e85d04", text: "#1a0f05" },
  III: { fill: "#e9b44c", text: "#1f1705" },
  IV: { fill: "#2a6fdb", text: "#ffffff" },
};

export const ZONE_COLOUR: Record<ZoneKind, string> = {
  flood: "#3d8bd4",
  fire: "#e8590c",
  landslide: "#a8763e",
  bridge: "#d63384",
  tunnel: "#d63384",
  closed: "#d63384",
  other: "#8f7ee7",
};

const PERSON: Record<string, { shape: Shape; fill: string }> = {
  AVAILABLE: { shape: "circle", fill: "#009e73" },
  OFFERED: { shape: "ring", fill: "#56b4e9" },
  RESERVED: { shape: "ring", fill: "#009e73" },
  ASSIGNED: { shape: "diamond", fill: "#009e73" },
  EN_ROUTE: { shape: "triangle", fill: "#0072b2" },
  ON_SCENE: { shape: "square", fill: "#332288" },
  RESTING: { shape: "hollow", fill: "#8a96a3" },
  UNAVAILABLE: { shape: "hollow", fill: "#8a96a3" },
};

type Shape = "circle" | "ring" | "diamond" | "triangle" | "square" | "hollow";

/** Fill is drawn in this many steps: enough for the eye, few enough to cache. */
const FILL_STEPS = 24;

/** `incident|II|7|1`: severity, fill step, selected. */
export function incidentIcon(severity: Severity, share: number, selected: boolean): string {
  const step = Math.round(Math.max(0, Math.min(1, share)) * FILL_STEPS);
  return `incident|${severity}|${step}|${selected ? 1 : 0}`;
}

export const personIcon = (status: string): string =>
  `person|${status in PERSON ? status : "UNAVAILABLE"}`;

export const hatch = (kind: ZoneKind): string => `hatch|${kind in ZONE_COLOUR ? kind : "other"}`;

/** Draws whatever icon the style asks for and does not have yet. */
export function drawImagesOnDemand(map: MapLibreMap): void {
  map.setMissingStyleImageResolver((id) => {
    const image = paint(id);
    if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: RATIO });
  });
}

function paint(id: string): ImageData | null {
  const [what, name = "", step = "0", selected = "0"] = id.split("|");
  switch (what) {
    case "incident":
      return paintIncident(name as Severity, Number(step) / FILL_STEPS, selected === "1");
    case "person":
      return paintPerson(PERSON[name] ?? PERSON["UNAVAILABLE"]!);
    case "hatch":
      return paintHatch(ZONE_COLOUR[name as ZoneKind]);
    default:
      return null;
  }
}

function canvas(size: number): { ctx: CanvasRenderingContext2D; done: () => ImageData } {
  const element = document.createElement("canvas");
  element.width = element.height = size * RATIO;
  const ctx = element.getContext("2d", { willReadFrequently: true });
  if (!ctx) throw new Error("this browser has no canvas");
  ctx.scale(RATIO, RATIO);
  return { ctx, done: () => ctx.getImageData(0, 0, element.width, element.height) };
}

function paintIncident(severity: Severity, share: number, selected: boolean): ImageData {
  const size = selected ? 52 : 42;
  const { ctx, done } = canvas(size);
  const middle = size / 2;
  const radius = selected ? 15 : 13;
  const { fill, text } = SEVERITY[severity];
  const arc = (r: number, from: number, to: number) => {
    ctx.beginPath();
    ctx.arc(middle, middle, r, from, to);
  };
  if (selected) {
    arc(radius + 9, 0, 2 * Math.PI);
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 3.5;
    ctx.stroke();
    arc(radius + 9, 0, 2 * Math.PI);
    ctx.strokeStyle = "#0b1015";
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }
  arc(radius + 6, 0, 2 * Math.PI);
  ctx.fillStyle = "#0b1015";
  ctx.fill();
  arc(radius + 3.2, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  ctx.strokeStyle = "#ffffff";
  ctx.lineWidth = 3;
  if (share > 0) ctx.stroke();
  arc(radius, 0, 2 * Math.PI);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.fillStyle = text;
  ctx.font = `bold ${selected ? 15 : 13}px Georgia, "Times New Roman", "Liberation Serif", serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(severity, middle, middle + 0.5);
  return done();
}

function paintPerson({ shape, fill }: { shape: Shape; fill: string }): ImageData {
  const { ctx, done } = canvas(20);
  const c = 10;
  ctx.beginPath();
  if (shape === "triangle") polygon(ctx, [c, 2.5], [c + 7.5, 16], [c - 7.5, 16]);
  else if (shape === "square") ctx.rect(c - 6, c - 6, 12, 12);
  else if (shape === "diamond") polygon(ctx, [c, 2], [c + 8, c], [c, 18], [c - 8, c]);
  else ctx.arc(c, c, shape === "circle" ? 5.5 : 6, 0, 2 * Math.PI);
  ctx.lineJoin = "round";
  if (shape === "ring" || shape === "hollow") {
    // The white edge keeps a thin ring visible on either ground.
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = shape === "ring" ? 6 : 4;
    ctx.stroke();
    ctx.strokeStyle = fill;
    ctx.lineWidth = shape === "ring" ? 3.5 : 2;
    ctx.stroke();
  } else {
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 3;
    ctx.stroke();
    ctx.fillStyle = fill;
    ctx.fill();
  }
  return done();
}

function polygon(ctx: CanvasRenderingContext2D, ...points: [number, number][]): void {
  points.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
  ctx.closePath();
}

function paintHatch(colour: string): ImageData {
  const size = 12;
  const { ctx, done } = canvas(size);
  ctx.globalAlpha = 0.12;
  ctx.fillStyle = colour;
  ctx.fillRect(0, 0, size, size);
  ctx.globalAlpha = 0.65;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.6;
  // Three strokes, so that the tile joins its neighbours without a seam.
  for (const shift of [-size, 0, size]) {
    ctx.beginPath();
    ctx.moveTo(shift - 1, size + 1);
    ctx.lineTo(shift + size + 1, -1);
    ctx.stroke();
  }
  return done();
}
