// Texts of reach and coverage. English gives the type; Chinese must have the same keys.

const people = (n: string, one: boolean): string => `${n} ${one ? "person" : "people"}`;

export const messages = {
  reachTitle: "Who reaches this place",
  coverageTitle: "What a skill covers",
  choosePlace: "Click a place on the map, or take its middle.",
  takeMiddle: "Take the middle",
  otherPlace: "Another place",
  by: "Area reached",
  mode: { car: "By car", motorcycle: "By motorcycle", foot: "On foot", boat: "By boat" },
  whom: "People for",
  anySkill: "Any skill",
  needs: "Needs of this incident",
  skills: "Skills",
  region: "May serve in",
  wholeRegion: "The whole area",
  within: (minutes: string) => `≤ ${minutes}`,
  withinColumn: "Within",
  peopleColumn: "People",
  roadsColumn: "Roads",
  areaColumn: "Area",
  beyond: "Later, or not at all",
  nobodyWithin: (minutes: string) => `Nobody within ${minutes}`,
  target: "Should be there within",
  tasked: (n: string) => `Count those on a task or asked as well (${n})`,
  reachHelp:
    "The areas are travel alone. People are counted by turnout and travel by their own means; they are free, qualified and insured.",
  coverageHelp:
    "When the first person could be there who is free, qualified and insured: turnout and travel by their own means. Only where there are roads.",
  nobody: "Nobody who is free has this skill, proven and insured for this hazard.",
  nobodyHelp: "Choose another skill or hazard, or count those on a task as well.",
  standBehind: (n: string, one: boolean) => `${people(n, one)} free, qualified and insured`,
  everybodyIn: "No gap: somebody can be everywhere in this view in time.",
  gapIs: (roads: string, km: string) => `${roads} of the roads here (${km}) have nobody in time.`,
  gapIsArea: (area: string) => `${area} of this view has nobody in time.`,
  estimated: "Far from any road: times are estimated along the straight line.",
  noArea: "Nothing is reached from here by this means.",
  bySkill: "By skill",
  skill: "Skill",
  computed: (age: string) => `Worked out ${age} ago`,
  dry: "dry",
  zones: (n: number) =>
    n === 0 ? "no hazard zones" : n === 1 ? "1 hazard zone" : `${n} hazard zones`,
  renew: "Renew",
  renewHere: "Renew for this view",
  moved: "The map has moved since.",
  computing: "Working it out",
};

export type ReachMessages = typeof messages;
