import type { Json } from "../../lib/json.ts";
import type { PlatformId } from "../../lib/vocabulary.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import type { ShownMedia } from "./media.tsx";
import { MediaList } from "./media.tsx";
import { PlatformMark } from "./post-parts.tsx";
import { POST_WORDS } from "./post-strings.ts";

/*
 * All that becomes public of a post, on each of its platforms: whoever approves of it sees the same.
 */

type Options = { readonly [name: string]: Json };

/** What a post says, as the database has it. */
export interface PostContent {
  content: string;
  options: { readonly [platform: string]: Json };
  state: { tasks: readonly { platform: PlatformId }[] };
}

/** @param media in the order of the post, those that options name last */
export function PostContentView({ post, media }: { post: PostContent; media: readonly (ShownMedia | null)[] }) {
  const platforms = platformsOf(post);
  const texts = Map.groupBy(platforms, (platform) => textOn(post, platform));
  return (
    <>
      {[...texts].map(([text, on]) => (
        <div class="said">
          {texts.size > 1 ? <OnPlatforms platforms={on} /> : null}
          {text === "" ? <p class="soft">{POST_WORDS.noText}</p> : <p class="text">{text}</p>}
        </div>
      ))}
      <MediaList media={media} />
      {platforms.map((platform) => (
        <OptionsOf platform={platform} options={optionsOn(post, platform)} isOnlyOne={platforms.length === 1} />
      ))}
    </>
  );
}

function OnPlatforms({ platforms }: { platforms: readonly PlatformId[] }) {
  return (
    <p class="soft small row">
      {platforms.map((platform) => (
        <span>
          <PlatformMark platform={platform} /> <span aria-hidden="true">{PLATFORM_NAMES[platform]}</span>
        </span>
      ))}
    </p>
  );
}

/** What only one platform is told. Its own text and cover are shown above. */
function OptionsOf(view: { platform: PlatformId; options: Options; isOnlyOne: boolean }) {
  const named = Object.entries(POST_WORDS.options).flatMap(([name, label]) => {
    const value = view.options[name];
    return value === undefined ? [] : [{ name, label, value }];
  });
  if (named.length === 0) return null;
  return (
    <div class="said">
      {view.isOnlyOne ? null : <OnPlatforms platforms={[view.platform]} />}
      <dl class="facts">
        {named.map(({ name, label, value }) => (
          <>
            <dt>{label}</dt>
            <dd class="text">{inWords(name, value)}</dd>
          </>
        ))}
      </dl>
    </div>
  );
}

function inWords(name: string, value: Json): string {
  if (name === "type") return POST_WORDS.kinds[value as keyof typeof POST_WORDS.kinds];
  if (name === "thumb_offset_ms") return POST_WORDS.seconds(Number(value) / 1_000);
  if (typeof value === "boolean") return value ? POST_WORDS.yes : POST_WORDS.no;
  if (Array.isArray(value)) return value.map(nameOf).join(", ");
  return String(value);
}

function nameOf(entry: Json): string {
  if (entry === null) return "–";
  return typeof entry === "object" ? String((entry as Options).username) : String(entry);
}

/** Which platforms a post goes to. */
export function platformsOf({ state }: PostContent): PlatformId[] {
  return [...new Set(state.tasks.map(({ platform }) => platform))];
}

function optionsOn({ options }: PostContent, platform: PlatformId): Options {
  return (options[platform] ?? {}) as Options;
}

function textOn(post: PostContent, platform: PlatformId): string {
  const own = optionsOn(post, platform).content;
  return typeof own === "string" ? own : post.content;
}

/** What the n-th of a post's media shows, as whoever wrote it says on any of its platforms. */
export function altTextOf(post: PostContent, index: number): string | null {
  for (const platform of platformsOf(post)) {
    const { alt_text: said } = optionsOn(post, platform);
    const own = Array.isArray(said) ? said[index] : index === 0 ? said : undefined;
    if (typeof own === "string") return own;
  }
  return null;
}
