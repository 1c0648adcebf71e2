import { expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { ListedPost } from "../../src/platforms/meta/facebook/listed-post.ts";
import { LISTED_POST, matchOf } from "../../src/platforms/meta/facebook/listed-post.ts";

const APP = "4711";
const LINK = "https://example.com/story";

function listed(fields: object): ListedPost {
  return LISTED_POST.parse({ id: "1_2", created_time: "2026-06-01T09:00:00+0000", ...fields });
}

const linked = (address: string) => ({ attachments: { data: [{ media_type: "link", unshimmed_url: address }] } });
const showing = (media_type: string, id: string) => ({ attachments: { data: [{ media_type, target: { id } }] } });
const album = {
  data: [{ media_type: "album", subattachments: { data: [{ target: { id: "8" } }, { target: { id: "9" } }] } }],
};

/** What is asked: what a draft says, which photos were staged for it, and what is listed. */
interface Case {
  text: string;
  options?: JsonObject;
  staged?: string[];
  post: object;
}

it.each<[string, Case, "ours" | "unclear" | "no"]>([
  ["an equal text", { text: "Hi  there ", post: { message: "Hi there" } }, "ours"],
  ["an equal text of our app", { text: "Hi", post: { message: "Hi", application: { id: APP } } }, "ours"],
  ["an equal text of another app", { text: "Hi", post: { message: "Hi", application: { id: "1" } } }, "unclear"],
  ["another text", { text: "Hi", post: { message: "Bye" } }, "no"],
  ["another text of our app", { text: "Hi", post: { message: "Bye", application: { id: APP } } }, "unclear"],
  ["a text cut short", { text: "A long text that goes on", post: { message: "A long text that" } }, "unclear"],
  ["an equal text under a photo", { text: "Hi", post: { message: "Hi", ...showing("photo", "7") } }, "unclear"],
  ["an equal text under a video", { text: "Hi", post: { message: "Hi", ...showing("video", "7") } }, "unclear"],
  ["an equal text with a link", { text: "Hi", post: { message: "Hi", ...linked(LINK) } }, "unclear"],
  ["a text that holds its link", { text: `Hi ${LINK}`, post: { message: `Hi ${LINK}`, ...linked(LINK) } }, "ours"],
  ["a link", { text: "Hi", options: { link: LINK }, post: { message: "Hi", ...linked(`${LINK}/`) } }, "ours"],
  [
    "another link",
    { text: "Hi", options: { link: LINK }, post: { message: "Hi", ...linked("https://b.example") } },
    "unclear",
  ],
  ["a link that is not shown", { text: "Hi", options: { link: LINK }, post: { message: "Hi" } }, "unclear"],
  ["our photo", { text: "Hi", staged: ["7"], post: { ...showing("photo", "7") } }, "ours"],
  ["our photo in an album", { text: "Hi", staged: ["9"], post: { attachments: album } }, "ours"],
  [
    "another photo of the same words",
    { text: "Hi", staged: ["7"], post: { message: "Hi", ...showing("photo", "6") } },
    "no",
  ],
  [
    "a link that leads elsewhere",
    { text: `Hi ${LINK}`, post: { message: `Hi ${LINK}`, ...linked("https://www.b.example/?x=1") } },
    "unclear",
  ],
  [
    "a photo without a name",
    { text: "Hi", staged: ["7"], post: { message: "Hi", attachments: { data: [{ media_type: "photo" }] } } },
    "unclear",
  ],
  ["an album whose photos are not named", { text: "", staged: ["7"], post: { ...showing("album", "70") } }, "unclear"],
  ["the same words without a photo", { text: "Hi", staged: ["7"], post: { message: "Hi" } }, "unclear"],
])("%s is told", (_name, { text, options = {}, staged = [], post }, match) => {
  const draft = { text, options, media: [], attachments: [], parentId: null };
  const photos = staged.map((id) => ({ id, stagedAt: 0 }));
  expect(matchOf(listed(post), photos, draft, APP)).toBe(match);
});
