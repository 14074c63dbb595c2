// 日志事件的名称；键与英文相同，由类型保证。

import type { Events } from "./events.en";

export const events: Events = {
  IncidentOpened: "事件建立",
  IncidentUpdated: "事件修改",
  IncidentClosed: "事件结束",
  NeedAdded: "需求添加",
  NeedUpdated: "需求修改",
  NeedPublished: "需求发布",
  NeedClosed: "需求关闭",
  PlanMade: "方案生成",
  PlanDispatched: "方案派遣",
  OfferMade: "通知人员",
  OfferAccepted: "接受",
  OfferDeclined: "谢绝",
  OfferExpired: "逾期未答复",
  OfferWithdrawn: "邀请撤回",
  Departed: "出发",
  Arrived: "到达现场",
  Released: "撤离",
  ReachedHome: "已到家",
  StoodDown: "任务取消",
  AvailabilitySet: "待命状态变更",
  CheckedIn: "签到",
  CheckedOut: "签退",
  NoteAdded: "备注",
  ZoneDrawn: "区域划定",
  ZoneCleared: "区域解除",
};
