import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import type { SandboxMedia, SandboxPost } from "../../platforms/sandbox/store.ts";
import { Badge } from "../frame/components.tsx";
import { Time } from "../frame/time.tsx";
import { FEED, KIND_NAMES } from "./strings.ts";

/** A post of the sandbox as a follower would see it. */
export function FeedPost({ post, zone }: { post: SandboxPost; zone: string }) {
  return (
    <article class="card post">
      <header class="row">
        <strong>{post.username}</strong>
        <span class="soft small">
          {PLATFORM_NAMES[post.platform]} · <Time at={post.createdAt} zone={zone} />
        </span>
        <span class="end">
          <Badge tone={post.kind === "story" ? "info" : "calm"}>{KIND_NAMES[post.kind]}</Badge>
        </span>
      </header>
      {post.text === "" ? null : <p class="said">{post.text}</p>}
      {post.link === null ? null : (
        <p>
          <Address address={post.link} />
        </p>
      )}
      {post.media.length === 0 ? null : (
        <div class={post.media.length === 1 ? "shots one" : "shots"}>
          {post.media.map((media) => (
            <Medium media={media} />
          ))}
        </div>
      )}
      {post.comments.length === 0 ? null : (
        <ul class="plain stack" aria-label={FEED.comments}>
          {post.comments.map(({ username, text }) => (
            <li class="said">
              <strong>{username}</strong> {text}
            </li>
          ))}
        </ul>
      )}
      <p class="small">
        <a href={post.permalink}>{FEED.permalink}</a>
      </p>
    </article>
  );
}

/** It is led to where it is the web's. */
function Address({ address }: { address: string }) {
  if (!/^https?:\/\//.test(address)) return <>{address}</>;
  return (
    <a href={address} rel="nofollow noopener">
      {address}
    </a>
  );
}

/** A picture or a video. The bytes of one that was sent rather than fetched are not kept. */
function Medium({ media: { url, type, altText } }: { media: SandboxMedia }) {
  if (url === null) return <p class="soft small">{FEED.sent(type)}</p>;
  if (type === "image") return <img class="shot" src={url} alt={altText ?? FEED.noAlt} loading="lazy" />;
  // biome-ignore lint/a11y/useMediaCaption: what is posted has no captions
  return <video class="shot" src={url} controls playsinline preload="metadata" />;
}
