/** The name Meta's crawler goes by. */
export const CRAWLER = "facebookexternalhit";

/** Whether a robots.txt lets Meta's crawler fetch a path: RFC 9309, without wildcards inside a path. */
export function robotsAllow(robots: string, path: string): boolean {
  const rules = rulesFor(robots, CRAWLER) ?? rulesFor(robots, "*") ?? [];
  const matching = rules.filter((rule) => rule.path !== "" && path.startsWith(rule.path.replace(/[*$]+$/, "")));
  // The most specific rule decides, and of two as specific the one that allows.
  matching.sort((a, b) => b.path.length - a.path.length || Number(b.allows) - Number(a.allows));
  return matching[0]?.allows ?? true;
}

function rulesFor(robots: string, agent: string): { allows: boolean; path: string }[] | null {
  const rules: { allows: boolean; path: string }[] = [];
  let isFound = false;
  let applies = false;
  let isInRules = true;
  for (const line of robots.split(/\r?\n/)) {
    const [, key = "", value = ""] = /^\s*([\w-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/.exec(line) ?? [];
    const name = key.toLowerCase();
    if (name === "user-agent") {
      // A line of agents after rules begins the next group.
      if (isInRules) applies = false;
      isInRules = false;
      if (value.toLowerCase() === agent) {
        applies = true;
        isFound = true;
      }
    } else if (name === "allow" || name === "disallow") {
      isInRules = true;
      if (applies) rules.push({ allows: name === "allow", path: value });
    }
  }
  return isFound ? rules : null;
}
