import { Hono } from "hono";
import type { AppEnv } from "../api/context.ts";
import { Refusal } from "../lib/refusal.ts";
import { PLATFORM_NAMES } from "../lib/vocabulary.ts";
import type { SandboxMedia, SandboxPost } from "../platforms/sandbox/store.ts";
import { KIND_NAMES } from "./feed/strings.ts";
import { ICON } from "./frame/assets.ts";

/*
 * Sandbox posts as a follower would see them: where the sandbox's permalinks lead. As with a real platform, whoever has
 * a public post's address may look at it.
 */

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c1e21; --soft: #65676b; --paper: #fff; --ground: #f0f2f5; --line: #dadde1 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e4e6eb; --soft: #b0b3b8; --paper: #242526; --ground: #18191a; --line: #3e4042 }
  }
  body { margin: 0; padding: 2rem 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
  main { max-width: 30rem; margin: 0 auto; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden }
  header, p, li, footer { padding: .75rem 1rem; margin: 0 }
  h1 { margin: 0; font: inherit; font-weight: 700 }
  header span, footer { color: var(--soft); font-size: .875rem }
  p, li { white-space: pre-wrap; overflow-wrap: anywhere }
  ul { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line) }
  img, video { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--ground) }
  footer { border-top: 1px solid var(--line) }
`;

const POLICY =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

export const sandboxPosts = new Hono<AppEnv>();

sandboxPosts.get("/sandbox/:workspace_id/:post_id", async (c) => {
  const { services } = c.var;
  const post = await services.findSandboxPost(c.req.param("workspace_id"), c.req.param("post_id"));
  if (!post) throw new Refusal("not_found", "There is no such post in the sandbox.");
  const media = await Promise.all(
    post.media.map(async (each) => ({
      ...each,
      url: each.url === null ? null : await services.renewMediaUrl(each.url),
    })),
  );
  c.header("Content-Security-Policy", POLICY);
  return c.html(`<!doctype html>${SandboxPostPage({ post: { ...post, media } })}`);
});

function SandboxPostPage({ post }: { post: SandboxPost }) {
  const platform = PLATFORM_NAMES[post.platform];
  const at = new Date(post.createdAt).toISOString();
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${post.username} on ${platform} (sandbox)`}</title>
        <link rel="icon" type="image/svg+xml" href={ICON.path} />
        <style>{STYLE}</style>
      </head>
      <body>
        <main>
          <header>
            <h1>{post.username}</h1>
            <span>
              {platform} · {KIND_NAMES[post.kind]} · <time dateTime={at}>{at.slice(0, 16).replace("T", " ")} UTC</time>
            </span>
          </header>
          {post.text === "" ? null : <p>{post.text}</p>}
          {post.link === null ? null : (
            <p>
              <a href={post.link} rel="nofollow noopener">
                {post.link}
              </a>
            </p>
          )}
          {post.media.map((media) => (
            <Medium media={media} />
          ))}
          {post.comments.length === 0 ? null : (
            <ul>
              {post.comments.map((comment) => (
                <li>
                  <strong>{comment.username}</strong> {comment.text}
                </li>
              ))}
            </ul>
          )}
          <footer>A post of the sandbox: nobody but you sees it.</footer>
        </main>
      </body>
    </html>
  );
}

/** A picture or a video. The bytes of one that was sent rather than fetched are not kept. */
function Medium({ media }: { media: SandboxMedia }) {
  if (media.url === null) return <p>{`A ${media.type} whose bytes were sent to the platform.`}</p>;
  if (media.type === "image") return <img src={media.url} alt={media.altText ?? ""} />;
  // biome-ignore lint/a11y/useMediaCaption: what is posted has no captions
  return <video src={media.url} controls playsinline />;
}
