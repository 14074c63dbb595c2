// Names of the events of the log, for the timeline and for "what changed".

export const events = {
  IncidentOpened: "Incident opened",
  IncidentUpdated: "Incident changed",
  IncidentClosed: "Incident closed",
  NeedAdded: "Need added",
  NeedUpdated: "Need changed",
  NeedPublished: "Need published",
  NeedClosed: "Need closed",
  PlanMade: "Plan made",
  PlanDispatched: "Plan dispatched",
  OfferMade: "Person asked",
  OfferAccepted: "Accepted",
  OfferDeclined: "Declined",
  OfferExpired: "No answer in time",
  OfferWithdrawn: "Offer withdrawn",
  Departed: "On the way",
  Arrived: "On scene",
  Released: "Released",
  ReachedHome: "Home again",
  StoodDown: "Stood down",
  AvailabilitySet: "Availability changed",
  CheckedIn: "Checked in",
  CheckedOut: "Checked out",
  NoteAdded: "Note",
  ZoneDrawn: "Zone drawn",
  ZoneCleared: "Zone cleared",
};

export type Events = typeof events;
