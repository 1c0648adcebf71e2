import type { PlatformId, PostStatus, TaskStatus } from "../../lib/vocabulary.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import type { Asset } from "./assets.ts";
import { asset } from "./assets.ts";
import type { Tone } from "./components.tsx";
import { Badge } from "./components.tsx";
import { POST_STATUS_NAMES } from "./post-strings.ts";

/*
 * How posts are told apart at a glance, wherever they are shown.
 */

/** How a status stands. */
export const STATUS_TONES: Readonly<Record<PostStatus | TaskStatus, Tone>> = {
  awaiting_approval: "warn",
  queued: "info",
  publishing: "info",
  published: "ok",
  partially_published: "bad",
  failed: "bad",
  unconfirmed: "bad",
  canceled: "calm",
};

export function StatusBadge({ status }: { status: PostStatus | TaskStatus }) {
  return <Badge tone={STATUS_TONES[status]}>{POST_STATUS_NAMES[status]}</Badge>;
}

/** Between light and dark, so that one file does for both. */
const drawn = (path: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18" fill="none" stroke="#768390" stroke-width="1.75" stroke-linecap="round"><path d="${path}"/></svg>`;

const MARKS: Readonly<Record<PlatformId, Asset>> = {
  instagram: asset(
    "instagram",
    "image/svg+xml",
    drawn(
      "M5.5 2h7A3.5 3.5 0 0 1 16 5.5v7a3.5 3.5 0 0 1-3.5 3.5h-7A3.5 3.5 0 0 1 2 12.5v-7A3.5 3.5 0 0 1 5.5 2ZM9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM13 5v.01",
    ),
  ),
  facebook: asset(
    "facebook",
    "image/svg+xml",
    drawn("M9 2a7 7 0 1 0 0 14A7 7 0 0 0 9 2ZM11.5 6H10.4C9.4 6 9 6.5 9 7.4V16M6.8 9.6h4"),
  ),
};

/**
 * A platform's mark, with its name for who does not see it.
 *
 * @param isNamed its name stands beside it, and is not to be read out twice
 */
export function PlatformMark({ platform, isNamed = false }: { platform: PlatformId; isNamed?: boolean }) {
  const name = isNamed ? "" : PLATFORM_NAMES[platform];
  return (
    <img class="mark" src={MARKS[platform].path} width={17} height={17} alt={name} title={PLATFORM_NAMES[platform]} />
  );
}

/** The marks of all platforms that a post goes to, each once. */
export function PlatformMarks({ tasks }: { tasks: readonly { platform: PlatformId }[] }) {
  return (
    <span class="marks">
      {[...new Set(tasks.map(({ platform }) => platform))].map((platform) => (
        <PlatformMark platform={platform} />
      ))}
    </span>
  );
}
