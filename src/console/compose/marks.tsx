import type { PlatformId } from "../../lib/vocabulary.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";

/** What stands for a platform beside its name: signs of our own, for their logos are theirs. */
const SHAPES: Readonly<Record<PlatformId, string>> = {
  instagram: "M3 3h10v10H3zM8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  facebook: "M3 4h10v7H8l-3 2.5V11H3z",
};

/** @param isNamed whether its name stands beside it, so that nobody has to read it out */
export function PlatformMark({ platform, isNamed }: { platform: PlatformId; isNamed?: boolean }) {
  const path = <path d={SHAPES[platform]} fill="none" stroke="currentColor" stroke-width="1.4" />;
  const size = { class: `mark ${platform}`, viewBox: "0 0 16 16", width: "18", height: "18" };
  if (isNamed) {
    return (
      <svg {...size} aria-hidden="true">
        {path}
      </svg>
    );
  }
  return (
    <svg {...size} role="img" aria-label={PLATFORM_NAMES[platform]}>
      {path}
    </svg>
  );
}
