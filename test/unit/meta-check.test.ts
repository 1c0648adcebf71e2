import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { checkFacebookDraft } from "../../src/platforms/meta/facebook/limits.ts";
import { facebookOptions } from "../../src/platforms/meta/facebook/options.ts";
import { checkInstagramDraft } from "../../src/platforms/meta/instagram/limits.ts";
import { instagramOptions } from "../../src/platforms/meta/instagram/options.ts";
import type { Draft, DraftMedia } from "../../src/platforms/platform.ts";

const MB = 1_000_000;

function picture(fields: Partial<DraftMedia> = {}): DraftMedia {
  return {
    id: "media_1",
    mimeType: "image/jpeg",
    bytes: MB,
    width: 1080,
    height: 1080,
    durationMs: null,
    frameRate: null,
    videoCodec: null,
    audioCodec: null,
    fastStart: null,
    colorSpace: "rgb",
    ...fields,
  };
}

function film(fields: Partial<DraftMedia> = {}): DraftMedia {
  const size = { width: 1080, height: 1920, bytes: 20 * MB };
  const track = { durationMs: 30_000, frameRate: 30, videoCodec: "h264", audioCodec: "aac", fastStart: true };
  return picture({ mimeType: "video/mp4", colorSpace: null, ...size, ...track, ...fields });
}

interface Sample {
  text?: string;
  media?: DraftMedia[];
  attachments?: DraftMedia[];
  options?: JsonObject;
}

const draft = ({ text = "", media = [], attachments = [], options = {} }: Sample): Draft => {
  return { text, media, attachments, options, parentId: null };
};
const many = <T>(count: number, item: T): T[] => new Array<T>(count).fill(item);

/** What is refused: the field, the code, and what the sentence says. */
type Refusal = [field: string, code: string, message: RegExp];

function expectFound(findings: { field: string; code: string; message: string }[], refusals: Refusal[]): void {
  expect(findings.map(({ field, code }) => [field, code])).toEqual(refusals.map(([field, code]) => [field, code]));
  findings.forEach(({ message }, index) => {
    expect(message).toMatch(refusals[index]?.[2] ?? /never/);
    expect(message).toMatch(/\.$/);
  });
}

const STORY = { type: "story" };
const REEL = { type: "reel" };
const TAG = { username: "apionics" };

describe("Instagram takes", () => {
  it.each<[string, Sample]>([
    ["a picture", { media: [picture()] }],
    ["a carousel of ten", { media: many(10, picture()) }],
    ["a carousel of a picture and a video", { media: [picture({ width: 1080, height: 1350 }), film()] }],
    ["a video, as a reel", { media: [film()] }],
    ["a reel of 3 seconds", { media: [film({ durationMs: 3_000 })] }],
    ["a reel of 29.97 frames a second, and 59.94", { media: [film({ frameRate: 59.94 })], options: REEL }],
    ["a reel without sound", { media: [film({ audioCodec: null })] }],
    ["a picture of 4:5", { media: [picture({ width: 1080, height: 1350 })] }],
    ["a story of any shape", { media: [picture({ width: 500, height: 3_000 })], options: STORY }],
    ["a story of a minute", { media: [film({ durationMs: 60_000 })], options: STORY }],
    ["30 hashtags and 20 mentions", { text: `${"#a ".repeat(30)}${"@b ".repeat(20)}`, media: [picture()] }],
    ["2,200 characters, each of two", { text: "😀".repeat(2_200), media: [picture()] }],
    ["a tag with a place", { media: [picture()], options: { user_tags: [{ ...TAG, x: 0, y: 1 }] } }],
    ["a cover", { media: [film()], attachments: [picture({ id: "media_2" })], options: { cover_media: "media_2" } }],
  ])("%s", (_name, sample) => {
    expect(checkInstagramDraft(draft(sample)).violations).toEqual([]);
  });
});

describe("Instagram is not asked for what it would refuse:", () => {
  it.each<[string, Sample, Refusal[]]>([
    ["nothing to show", {}, [["media", "required", /needs a picture or a video/]]],
    ["eleven items", { media: many(11, picture()) }, [["media", "too_many", /at most 10/]]],
    ["a PNG", { media: [picture({ mimeType: "image/png" })] }, [["media.0", "unsupported", /JPEG pictures only/]]],
    ["a HEIC", { media: [picture({ mimeType: "image/heic" })] }, [["media.0", "unsupported", /image\/heic/]]],
    ["CMYK", { media: [picture({ colorSpace: "cmyk" })] }, [["media.0", "unsupported", /CMYK/]]],
    ["9 MB", { media: [picture({ bytes: 9 * MB })] }, [["media.0", "too_large", /8 MiB/]]],
    ["too wide", { media: [picture({ width: 2_000, height: 1_000 })] }, [["media.0", "out_of_range", /1\.91:1/]]],
    ["a WebM", { media: [film({ mimeType: "video/webm" })] }, [["media.0", "unsupported", /MP4 or MOV/]]],
    ["a reel of 2 seconds", { media: [film({ durationMs: 2_000 })] }, [["media.0", "too_short", /at least 3 seconds/]]],
    ["a reel of an hour", { media: [film({ durationMs: 3_600_000 })] }, [["media.0", "too_long", /at most 900/]]],
    ["a reel of 400 MB", { media: [film({ bytes: 400 * MB })] }, [["media.0", "too_large", /at most 300 MB/]]],
    [
      "a reel in 4K",
      { media: [film({ width: 2_160, height: 3_840 })] },
      [["media.0", "out_of_range", /1920 pixels wide/]],
    ],
    ["120 frames a second", { media: [film({ frameRate: 120 })] }, [["media.0", "out_of_range", /23 to 60 frames/]]],
    ["VP9", { media: [film({ videoCodec: "vp9" })] }, [["media.0", "unsupported", /H264 or HEVC.*VP9/]]],
    ["Opus", { media: [film({ audioCodec: "opus" })] }, [["media.0", "unsupported", /AAC.*OPUS/]]],
    ["moov last", { media: [film({ fastStart: false })] }, [["media.0", "unsupported", /fast start/]]],
    ["a picture as a reel", { media: [picture()], options: REEL }, [["media.0", "unsupported", /must be a video/]]],
    ["two in a story", { media: many(2, picture()), options: STORY }, [["media", "too_many", /takes one picture/]]],
    [
      "a long story",
      { media: [film({ durationMs: 61_000 })], options: STORY },
      [["media.0", "too_long", /at most 60/]],
    ],
    ["2,201 characters", { text: "x".repeat(2_201), media: [picture()] }, [["content", "too_long", /2200.*2201/]]],
    [
      "2,201 characters of its own",
      { text: "x".repeat(2_201), media: [picture()], options: { content: "x".repeat(2_201) } },
      [["options.instagram.content", "too_long", /2200/]],
    ],
    ["31 hashtags", { text: "#a ".repeat(31), media: [picture()] }, [["content", "too_many", /30 hashtags/]]],
    ["21 mentions", { text: "@b ".repeat(21), media: [picture()] }, [["content", "too_many", /mention at most 20/]]],
    [
      "everything that a story does not take",
      {
        media: [picture()],
        options: { ...STORY, alt_text: "x", collaborators: ["a"], location_id: "1", first_comment: "x" },
      },
      ["alt_text", "collaborators", "location_id", "first_comment"].map(
        (name): Refusal => [`options.instagram.${name}`, "not_allowed", /does not go with a story/],
      ),
    ],
    [
      "a reel's options on a picture",
      { media: [picture()], options: { cover_media: "media_2", thumb_offset_ms: 1, share_to_feed: true } },
      [
        ["options.instagram.cover_media", "not_allowed", /a picture/],
        ["options.instagram.thumb_offset_ms", "not_allowed", /a picture/],
        ["options.instagram.share_to_feed", "not_allowed", /a picture/],
        ["options.instagram.thumb_offset_ms", "not_allowed", /one cover/],
      ],
    ],
    [
      "a tag without a place",
      { media: [picture()], options: { user_tags: [TAG] } },
      [["options.instagram.user_tags.0", "required", /x and y/]],
    ],
    [
      "a tag with a place on a reel",
      { media: [film()], options: { user_tags: [{ ...TAG, x: 0.5, y: 0.5 }] } },
      [["options.instagram.user_tags.0", "not_allowed", /has no place/]],
    ],
    [
      "a tag on media that is not there",
      { media: many(2, picture()), options: { user_tags: [{ ...TAG, x: 0, y: 0, media: 2 }] } },
      [["options.instagram.user_tags.0.media", "out_of_range", /no media 2/]],
    ],
    [
      "alt text for another number of media",
      { media: many(3, picture()), options: { alt_text: ["a", "b"] } },
      [["options.instagram.alt_text", "out_of_range", /2 entries for 3 media/]],
    ],
    [
      "alt text for a video",
      { media: [picture(), film()], options: { alt_text: ["a", "b"] } },
      [["options.instagram.alt_text.1", "not_allowed", /no alt_text for a video/]],
    ],
    [
      "a collaborator twice",
      { media: [picture()], options: { collaborators: ["somebody", "Somebody"] } },
      [["options.instagram.collaborators.1", "not_allowed", /repeats entry 0/]],
    ],
    [
      "a cover that is a PNG",
      {
        media: [film()],
        attachments: [picture({ id: "media_2", mimeType: "image/png" })],
        options: { cover_media: "media_2" },
      },
      [["options.instagram.cover_media", "unsupported", /must be a JPEG/]],
    ],
    [
      "a cover from beyond the end",
      { media: [film()], options: { thumb_offset_ms: 30_000 } },
      [["options.instagram.thumb_offset_ms", "out_of_range", /outside the video/]],
    ],
    [
      "four collaborators",
      { media: [picture()], options: { collaborators: ["a", "b", "c", "d"] } },
      [["options.instagram.collaborators", "too_many", /at most 3/]],
    ],
    [
      "1,001 characters of alt text",
      { media: [picture()], options: { alt_text: "x".repeat(1_001) } },
      [["options.instagram.alt_text", "too_long", /at most 1000/]],
    ],
    [
      "an empty comment",
      { media: [picture()], options: { first_comment: "" } },
      [["options.instagram.first_comment", "required", /say something/]],
    ],
    [
      "several things at once, all of them",
      { text: "#a ".repeat(31), media: [picture({ mimeType: "image/webp" }), film({ fastStart: false })] },
      [
        ["media.0", "unsupported", /image\/webp/],
        ["media.1", "unsupported", /fast start/],
        ["content", "too_many", /hashtags/],
      ],
    ],
  ])("%s", (_name, sample, refusals) => {
    expectFound(checkInstagramDraft(draft(sample)).violations, refusals);
  });

  it.each<[string, Sample, Refusal[]]>([
    ["six hashtags", { text: "#a ".repeat(6), media: [picture()] }, [["content", "many_hashtags", /at most 5/]]],
    [
      "a carousel of two shapes",
      { media: [picture(), picture({ width: 1080, height: 1350 })] },
      [["media.1", "cropped", /crops every item/]],
    ],
    ["a large picture", { media: [picture({ width: 4_000, height: 4_000 })] }, [["media.0", "scaled", /1440/]]],
    [
      "text on a story",
      { text: "Hi", media: [picture({ width: 1080, height: 1920 })], options: STORY },
      [["content", "not_shown", /no caption/]],
    ],
  ])("and warns of %s", (_name, sample, warnings) => {
    const findings = checkInstagramDraft(draft(sample));
    expect(findings.violations).toEqual([]);
    expectFound(findings.warnings, warnings);
  });
});

const TALL = { width: 1080, height: 1920 };

describe("Facebook takes", () => {
  it.each<[string, Sample]>([
    ["a text", { text: "Hi" }],
    ["a link alone", { options: { link: "https://example.com" } }],
    ["ten photos without a word", { media: many(10, picture()) }],
    ["a PNG and a GIF", { media: [picture({ mimeType: "image/png" }), picture({ mimeType: "image/gif" })] }],
    ["a film of two hours", { media: [film({ durationMs: 7_200_000 })] }],
    ["a reel", { media: [film(TALL)], options: REEL }],
    ["a photo story", { media: [picture(TALL)], options: STORY }],
    ["a video story", { media: [film({ durationMs: 60_000 })], options: STORY }],
  ])("%s", (_name, sample) => {
    expect(checkFacebookDraft(draft(sample)).violations).toEqual([]);
  });

  it.each<[string, Sample, Refusal[]]>([
    ["nothing at all", {}, [["content", "required", /needs a text, a link or media/]]],
    ["nothing that is seen", { text: "\u200b \u2060" }, [["content", "required", /must not be empty/]]],
    ["63,207 characters", { text: "x".repeat(63_207) }, [["content", "too_long", /63206/]]],
    ["eleven photos", { media: many(11, picture()) }, [["media", "too_many", /at most 10/]]],
    ["a WebP", { media: [picture({ mimeType: "image/webp" })] }, [["media.0", "unsupported", /JPEG, PNG and GIF/]]],
    ["11 MiB", { media: [picture({ bytes: 11 * 1024 * 1024 })] }, [["media.0", "too_large", /10 MiB/]]],
    ["a photo and a film", { media: [picture(), film()] }, [["media", "too_many", /takes one picture or video/]]],
    [
      "a photo and a link",
      { media: [picture()], options: { link: "https://example.com" } },
      [["options.facebook.link", "not_allowed", /not both/]],
    ],
    ["a reel of nothing", { options: REEL }, [["media", "required", /needs a video/]]],
    ["a reel of a photo", { media: [picture()], options: REEL }, [["media.0", "unsupported", /must be a video/]]],
    [
      "a reel of 91 seconds",
      { media: [film({ ...TALL, durationMs: 91_000 })], options: REEL },
      [["media.0", "too_long", /at most 90/]],
    ],
    [
      "a reel that lies on its side",
      { media: [film({ width: 1920, height: 1080 })], options: REEL },
      [["media.0", "out_of_range", /aspect ratio/]],
    ],
    [
      "a small reel",
      { media: [film({ width: 360, height: 640 })], options: REEL },
      [["media.0", "out_of_range", /540 by 960/]],
    ],
    [
      "a slow reel",
      { media: [film({ ...TALL, frameRate: 15 })], options: REEL },
      [["media.0", "out_of_range", /24 to 60/]],
    ],
    [
      "a story with a comment",
      { media: [picture(TALL)], options: { ...STORY, first_comment: "x" } },
      [["options.facebook.first_comment", "not_allowed", /takes no comment/]],
    ],
    [
      "alt text without photos",
      { text: "Hi", options: { alt_text: "x" } },
      [["options.facebook.alt_text", "not_allowed", /photos/]],
    ],
    [
      "one alt text for two photos",
      { media: many(2, picture()), options: { alt_text: "x" } },
      [["options.facebook.alt_text", "unsupported", /list with one entry/]],
    ],
  ])("and not %s", (_name, sample, refusals) => {
    expectFound(checkFacebookDraft(draft(sample)).violations, refusals);
  });
});

describe("options are strict", () => {
  it.each<[string, object]>([
    ["an unknown field", { filter: "x" }],
    ["another type", { type: "live" }],
    ["a name with an @", { collaborators: ["@a"] }],
    ["a place off the picture", { user_tags: [{ username: "a", x: 1.1, y: 0 }] }],
    ["a location that is no number", { location_id: "here" }],
    ["half a millisecond", { thumb_offset_ms: 0.5 }],
  ])("on Instagram: %s", (_name, options) => {
    expect(instagramOptions.safeParse(options).success).toBe(false);
  });

  it.each<[string, object]>([
    ["an option of Instagram's", { collaborators: ["a"] }],
    ["a link that is none", { link: "example" }],
    ["a link of another scheme", { link: "ftp://example.com" }],
  ])("on Facebook: %s", (_name, options) => {
    expect(facebookOptions.safeParse(options).success).toBe(false);
  });
});
