import type { AccountRow } from "../../db/accounts.ts";
import type { MediaRow } from "../../db/media.ts";
import type { PlatformId } from "../../lib/vocabulary.ts";
import { LIVE_PLATFORMS, PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import { isVideo } from "../../platforms/platform.ts";
import type { Fields } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { PlatformMark } from "../frame/post-parts.tsx";
import { altField, textOf } from "./body.ts";
import { COMPOSE } from "./strings.ts";

const WORDS = COMPOSE.preview;

interface PreviewView {
  member: Member;
  fields: Fields;
  /** Those that were chosen. */
  accounts: readonly AccountRow[];
  media: readonly MediaRow[];
}

/** About what followers would see, once for each platform. */
export function Previews({ member, fields, accounts, media }: PreviewView) {
  const platforms = LIVE_PLATFORMS.filter((platform) => accounts.some((account) => account.platform === platform));
  if (platforms.length === 0) return <p class="soft">{WORDS.none}</p>;
  const inOrder = (fields.media ?? []).flatMap((id) => media.find((row) => row.id === id) ?? []);
  return (
    <>
      {platforms.map((platform) => (
        <Preview
          member={member}
          fields={fields}
          platform={platform}
          accounts={accounts.filter((account) => account.platform === platform)}
          media={inOrder}
        />
      ))}
    </>
  );
}

function Preview(view: PreviewView & { platform: PlatformId }) {
  const { member, fields, platform, media } = view;
  const type = textOf(fields, `${platform}_type`);
  const text = textOf(fields, `${platform}_content`) || textOf(fields, "content");
  const comment = textOf(fields, `${platform}_first_comment`);
  const pictures = <Pictures member={member} fields={fields} platform={platform} media={media} />;
  const said = <Said text={text} />;
  return (
    <article class={`preview ${platform} ${type}`} aria-label={WORDS.of(PLATFORM_NAMES[platform])}>
      <Author {...view} type={type} />
      {type === "story" ? pictures : platform === "instagram" ? [pictures, said] : [said, pictures]}
      {type === "story" || media.length > 0 ? null : <LinkCard link={textOf(fields, `${platform}_link`)} />}
      {comment === "" ? null : (
        <p class="comment">
          <span class="small soft">{WORDS.firstComment}</span>
          {comment}
        </p>
      )}
    </article>
  );
}

function Author({ platform, accounts, type }: PreviewView & { platform: PlatformId; type: string }) {
  const [first, ...others] = accounts;
  const kind = type === "story" || type === "reel" ? ` · ${WORDS[type]}` : "";
  return (
    <header>
      <PlatformMark platform={platform} />
      <div>
        <strong>{(platform === "facebook" && first?.name) || first?.username}</strong>
        {others.length === 0 ? null : <span class="small soft"> {WORDS.more(others.length)}</span>}
        <p class="small soft">
          {WORDS.now}
          {kind}
        </p>
      </div>
    </header>
  );
}

function Said({ text }: { text: string }) {
  return <p class="said">{text === "" ? <span class="soft">{WORDS.noText}</span> : text}</p>;
}

/** What Instagram shows one by one stands side by side on Facebook. */
function Pictures(view: Omit<PreviewView, "accounts"> & { platform: PlatformId }) {
  const { member, fields, platform, media } = view;
  const type = textOf(fields, `${platform}_type`);
  const isAlone = platform === "instagram" || type === "story" || type === "reel";
  if (media.length === 0) return isAlone ? <div class="nothing soft">{WORDS.noMedia}</div> : null;
  const shown = isAlone ? media.slice(0, 1) : media.slice(0, 4);
  return (
    <div class={`pictures of-${shown.length}`}>
      {shown.map((row) => (
        <Picture src={member.at(`media/${row.id}`)} row={row} alt={textOf(fields, altField(row.id))} />
      ))}
      {media.length === shown.length ? null : (
        <span class="count">{isAlone ? WORDS.items(media.length) : `+${media.length - shown.length}`}</span>
      )}
    </div>
  );
}

function Picture({ src, row, alt }: { src: string; row: MediaRow; alt: string }) {
  const size = { width: row.width, height: row.height };
  if (!isVideo(row)) return <img src={src} alt={alt} {...size} loading="lazy" />;
  return <video src={src} {...size} controls muted playsinline preload="metadata" />;
}

function LinkCard({ link }: { link: string }) {
  const url = URL.parse(link);
  if (!url) return null;
  return (
    <p class="link">
      <span class="small soft">{url.hostname}</span>
      {link}
    </p>
  );
}
