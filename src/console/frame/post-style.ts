import { asset } from "./assets.ts";

/** How posts are shown, wherever they are. */
export const POST_STYLE = asset(
  "posts",
  "text/css",
  `
.mark { width: 1.0625rem; height: 1.0625rem; vertical-align: -.1875em }
.marks { display: inline-flex; gap: .25rem }
.thumb { flex: none; width: 3rem; height: 3rem; border-radius: .375rem; background: var(--calm-soft); object-fit: cover }
.text { white-space: pre-wrap; overflow-wrap: anywhere }
.said { display: grid; gap: .375rem }
.media { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0; padding: 0; list-style: none }
.media li { max-width: min(100%, 20rem) }
.media img, .media video { display: block; height: auto; max-width: 100%; max-height: 20rem; object-fit: contain; border-radius: .5rem; background: var(--calm-soft) }
`,
);
