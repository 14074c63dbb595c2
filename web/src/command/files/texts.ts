// Texts of the panel for files. English gives the type.

import type { Both } from "../../shared/i18n";

const plural = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const en = {
  title: "Map files",
  out: "Export",
  outHelp: "What is on the board now. Plans hold people as numbers only.",
  in: "Import",
  inHelp:
    "GeoPackage, GeoJSON, zipped shapefile or KML, 20 MB at most. The file is looked at first; nothing is stored before you say so.",
  kinds: {
    incidents: "Incidents",
    zones: "Hazard zones",
    stations: "Stations",
    plans: "Plan",
  } as Record<string, string>,
  what: "What it holds",
  file: "File",
  crs: "Coordinates",
  crsFile: "as the file says",
  look: "Look at the file",
  looking: "Looking at the file",
  store: (n: number) => `Import ${plural(n, "feature", "features")}`,
  storing: "Importing",
  found: (ok: number, mended: number, no: number) =>
    `${ok} usable, ${mended} usable after repair, ${no} refused`,
  stored: (ok: number) => `${plural(ok, "feature", "features")} imported.`,
  row: "Row",
  name: "Name",
  outcome: "Result",
  outcomes: { ACCEPTED: "usable", REPAIRED: "repaired", REFUSED: "refused" } as Record<
    string,
    string
  >,
  codes: {
    MISSING: "something is missing",
    BAD_VALUE: "a value cannot be read",
    UNKNOWN_REGION: "unknown region",
    UNKNOWN_PARENT: "unknown parent region",
    TWICE: "there twice",
    NO_GEOMETRY: "no place on the map",
    WRONG_GEOMETRY: "wrong kind of shape",
    NOT_A_NUMBER: "a coordinate is not a number",
    OUT_OF_RANGE: "a coordinate is out of range",
    SWAPPED: "longitude and latitude are swapped",
    TOO_MANY_CORNERS: "too many corners",
    MENDED: "the outline crossed itself and was mended",
    SIMPLIFIED: "the outline was simplified",
    MERGED: "parts that overlap were merged",
    OTHER_REGION: "the place lies in another region",
  } as Record<string, string>,
  more: (n: number) => `and ${n} more`,
  close: "Close",
};

export type FileTexts = typeof en;

const zh: FileTexts = {
  title: "地图文件",
  out: "导出",
  outHelp: "导出当前态势。方案中人员仅以编号表示。",
  in: "导入",
  inHelp:
    "支持 GeoPackage、GeoJSON、压缩的 Shapefile 或 KML，最大 20 MB。先检查文件，确认前不会保存任何内容。",
  kinds: { incidents: "事件", zones: "危险区域", stations: "站点", plans: "方案" },
  what: "文件内容",
  file: "文件",
  crs: "坐标系",
  crsFile: "以文件声明为准",
  look: "检查文件",
  looking: "正在检查文件",
  store: (n) => `导入 ${n} 项`,
  storing: "正在导入",
  found: (ok, mended, no) => `可用 ${ok} 项，修正后可用 ${mended} 项，拒绝 ${no} 项`,
  stored: (ok) => `已导入 ${ok} 项。`,
  row: "行",
  name: "名称",
  outcome: "结果",
  outcomes: { ACCEPTED: "可用", REPAIRED: "已修正", REFUSED: "拒绝" },
  codes: {
    MISSING: "缺少内容",
    BAD_VALUE: "无法识别的值",
    UNKNOWN_REGION: "未知区域",
    UNKNOWN_PARENT: "未知上级区域",
    TWICE: "重复",
    NO_GEOMETRY: "没有位置",
    WRONG_GEOMETRY: "图形类型不符",
    NOT_A_NUMBER: "坐标不是数字",
    OUT_OF_RANGE: "坐标超出范围",
    SWAPPED: "经纬度颠倒",
    TOO_MANY_CORNERS: "角点过多",
    MENDED: "边界自相交，已修正",
    SIMPLIFIED: "边界已简化",
    MERGED: "重叠部分已合并",
    OTHER_REGION: "位置在其他区域",
  },
  more: (n) => `另有 ${n} 项`,
  close: "关闭",
};

export const TEXTS: Both<FileTexts> = { zh, en };
