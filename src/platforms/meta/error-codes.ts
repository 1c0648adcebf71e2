import type { Millis } from "../../lib/clock.ts";
import { HOUR } from "../../lib/clock.ts";
import type { Fault } from "../platform.ts";

/*
 * Meta's error codes: what each does to a task, and what a client is told. The subcode is looked at first, then the
 * code, and the HTTP status never: code 4 is both "app throttled" and "looks like spam", code 1 both "unknown" and "bad
 * thumb offset", and every one of them has been seen under several statuses.
 *
 * Sources: Instagram Platform error codes (2 June 2026), Graph API error handling and rate limiting, Page feed and Page
 * videos references; what only the field reports is marked so.
 */

/** How a publication goes on after a fault: `same` keeps what was prepared (container, upload), `fresh` prepares anew. */
export type HandleAfter = "same" | "fresh";

export interface Meaning {
  kind: Fault["kind"];
  /** For a client: what happened and, where somebody can do something, what. */
  says: string;
  scope?: Fault["scope"];
  /** Quotas: how long, where the answer does not say. */
  wait?: Millis;
  /** Quotas: whether every call is held back, or publishing alone. */
  holds?: "calls" | "posts";
  handle?: HandleAfter;
  /** Said to content that the platform has already, perhaps by the very call that is answered so. */
  hintsPublic?: boolean;
}

const fresh = (says: string): Meaning => ({ kind: "retry", handle: "fresh", says });
const again = (says: string): Meaning => ({ kind: "retry", says });
const permanent = (says: string, scope: Fault["scope"] = "post"): Meaning => ({ kind: "permanent", scope, says });
const reauth = (says: string): Meaning => ({ kind: "reauth", scope: "grant", says });
const held = (says: string): Meaning => ({ kind: "held", scope: "account", says });
const throttled = (scope: Fault["scope"], says: string): Meaning => {
  return { kind: "quota", scope, wait: HOUR, holds: "calls", says };
};
const capped = (wait: Millis, says: string): Meaning => {
  return { kind: "quota", scope: "account", wait, holds: "posts", says };
};

const repeated = (says: string): Meaning => ({ kind: "permanent", hintsPublic: true, says });

const RESTART_UPLOAD = fresh("The upload of the video to Facebook broke off and is started again.");
const BAD_VIDEO = permanent("Facebook does not take a video of this size, length or format.");

export const BY_SUBCODE: Readonly<Record<number, Meaning>> = {
  // Faults of fetching and of the platform's servers: pass with a fresh container or upload.
  2207001: fresh("Instagram's servers had an error."),
  2207003: fresh("Instagram took too long to download the media."),
  2207006: fresh("Instagram lost the prepared media."),
  2207020: fresh("The prepared media expired at Instagram."),
  2207032: fresh("Instagram could not prepare the media."),
  2207052: fresh("Instagram could not fetch the media from its address."),
  2207053: fresh("Instagram's upload of the video failed."),
  2207077: fresh("Instagram could not download the video."), // field
  2207082: fresh("Instagram could not process the media."), // field
  1363008: fresh("The uploaded file was not there when it was to be processed."), // field
  1363019: RESTART_UPLOAD,
  1363021: RESTART_UPLOAD,
  1363030: RESTART_UPLOAD,
  1363033: RESTART_UPLOAD,
  1363037: RESTART_UPLOAD,
  1363041: RESTART_UPLOAD,
  1363045: RESTART_UPLOAD,
  1363047: again("Facebook had a temporary problem with the video."), // field
  1609010: again("Facebook had a temporary problem."), // field
  // Not ready yet, or missing for a moment: Meta calls both temporary.
  2207008: again("Instagram did not find the prepared media for a moment."),
  2207027: again("Instagram was not ready to publish the media yet."),
  33: again("The platform did not find the object, or not yet."),
  // Limits on how much may be published.
  2207042: capped(HOUR, "The account has reached Instagram's limit of posts by API in 24 hours."),
  2207051: capped(6 * HOUR, "Instagram holds the account's activity for spam and restricts it for some hours."),
  1390008: capped(24 * HOUR, "Facebook says that the account posts too fast."),
  1404112: capped(24 * HOUR, "Facebook has limited the account for some days."), // field
  // A person must act on the platform.
  2207050: held("Instagram has restricted the account: open the Instagram app and follow what it says."),
  4854002: held("Facebook wants the account's owner to confirm who they are: open Facebook and follow what it says."),
  1404078: held("The Page needs Page Publishing Authorization: its owner must complete it on Facebook."),
  1363042: reauth("The permission to publish videos on the Page is missing: connect the account again."),
  // Stays until the content changes.
  2207004: permanent("The picture is larger than Instagram's 8 MiB."),
  2207005: permanent("Instagram does not support the picture's format: it takes JPEG."),
  2207009: permanent("The picture's aspect ratio is outside what Instagram takes."),
  2207010: permanent("The caption is longer than Instagram allows, or has too many hashtags."),
  2207023: permanent("Instagram does not know this type of media."),
  2207026: permanent("Instagram does not support the video's format."),
  2207028: permanent("A carousel must have 2 to 10 items."),
  2207035: permanent("A product tag is at a place where Instagram does not take it."),
  2207036: permanent("A product tag names a product that Instagram does not take."),
  2207037: permanent("A product tag names a product that Instagram does not take."),
  2207040: permanent("The caption mentions more than 20 accounts."),
  2207057: permanent("thumb_offset_ms lies outside the video."),
  2207081: permanent("The account cannot publish trial reels."), // field
  2207085: permanent("Instagram could not process the video."), // field
  1363022: BAD_VIDEO,
  1363023: BAD_VIDEO,
  1363024: BAD_VIDEO,
  1363025: BAD_VIDEO,
  1363026: BAD_VIDEO,
  1363031: BAD_VIDEO,
  1363032: BAD_VIDEO,
  1363040: permanent("The video's aspect ratio is not one that Facebook takes for a reel."),
  1363127: permanent("The video has fewer pixels than Facebook takes for a reel."),
  1363128: permanent("The video is shorter or longer than Facebook takes for a reel."),
  1363129: permanent("The video's frame rate is outside what Facebook takes for a reel."),
  1346003: permanent("Facebook holds the content for abusive."), // field
  1366046: permanent("Facebook could not read the picture, or it is too large."), // field
  1366051: repeated("The photo is part of a published post already."), // field
  1404082: repeated("Facebook says that the same content was posted before."), // field
  1404102: permanent("Facebook says that the content is against its Community Standards."), // field
  1609005: permanent("Facebook could not read the link."),
  1609008: permanent("Facebook does not allow links to facebook.com here."), // field
  2061006: permanent("Facebook does not take the link."), // field
  2069019: permanent("Facebook could not read the file."), // field
};

const TOKEN = "The account's access has ended: connect the account again.";

/** What a token's death is told by, under code 190. */
const TOKEN_BY_SUBCODE: Readonly<Record<number, string>> = {
  458: "The app was removed from the account's apps: connect the account again.",
  459: "Facebook wants the person who connected the account to sign in and confirm who they are.",
  460: "The password of the person who connected the account was changed: connect the account again.",
  463: "The account's access has expired: connect the account again.",
  464: "The person who connected the account must confirm their own account first.",
  467: "The account's access was ended: connect the account again.",
  492: "The person who connected the Page has no role on it any more.",
};

export const BY_CODE: Readonly<Record<number, Meaning>> = {
  [-2]: fresh("Instagram could not get at the media in time."),
  [-1]: fresh("Instagram's servers had an error."),
  1: again("Meta had an unknown error."),
  2: again("Meta's service was out of order for a moment."),
  3: permanent("The Meta app lacks a capability: its developer must request it.", "app"),
  4: throttled("app", "The Meta app has reached its limit of calls."),
  9: capped(HOUR, "The account has reached the platform's limit of posts."),
  10: reauth("A permission for this is missing or was removed: connect the account again and allow it."),
  17: throttled("grant", "The person who connected the account has reached Meta's limit of calls."),
  24: fresh("Instagram lost the prepared media."),
  25: held("Instagram has restricted the account: open the Instagram app and follow what it says."),
  32: throttled("account", "The Page has reached Meta's limit of calls."),
  100: permanent("The platform did not take a parameter of the call."),
  105: permanent("The platform did not take that many parameters."),
  102: reauth(TOKEN),
  104: permanent("Meta does not take the app's proof: META_APP_SECRET is not the secret of this app.", "app"),
  190: reauth(TOKEN),
  197: permanent("The post is empty."),
  324: permanent("Facebook could not read the picture."),
  341: throttled("app", "The Meta app has reached a limit of the platform."),
  351: permanent("Facebook does not take this video file."),
  352: permanent("The platform does not support the video's format."),
  356: permanent("Facebook does not take this video file."),
  368: held("The platform has blocked the account for breaking its rules: open it and follow what it says."),
  382: permanent("The video is too small for Facebook."),
  389: fresh("Facebook could not fetch the video from its address."),
  506: repeated("Facebook says that this is the same as the last post."),
  613: throttled("grant", "Meta has limited how fast calls may be made."),
  803: permanent("The platform does not know one of the ids."),
  1500: permanent("The link is not valid."),
  1609005: permanent("Facebook could not read the link."),
  2500: permanent("Meta does not know the call: META_GRAPH_VERSION may have ended.", "app"),
  5101: permanent("The file is too large for Facebook."),
  6000: fresh("The video did not arrive whole at Facebook."),
  6001: fresh("The upload of the video to Facebook failed."),
  9004: fresh("Instagram could not fetch the media from its address."),
  9007: again("Instagram was not ready to publish the media yet."),
  36000: permanent("The picture is larger than Instagram's 8 MiB."),
  36001: permanent("Instagram does not support the picture's format: it takes JPEG."),
  36003: permanent("The picture's aspect ratio is outside what Instagram takes."),
  36004: permanent("The caption is longer than Instagram allows, or has too many hashtags."),
};

/** A code nobody has told us of may pass or not: it is tried again, and the tries are bounded. */
export const UNLISTED: Meaning = { kind: "retry", says: "The platform answered an error that is not documented." };

const PERMISSION = reauth("A permission for this was not granted: connect the account again and allow it.");
const PRODUCT_LIMIT = throttled("account", "The account has reached Meta's limit of calls.");

/** What an error code means. Every pair of numbers means something: an unlisted one, `UNLISTED`. */
export function meaningOf(code: number, subcode: number | null): Meaning {
  if (code === 190 && subcode !== null) return { ...reauth(TOKEN_BY_SUBCODE[subcode] ?? TOKEN) };
  const bySubcode = subcode === null ? undefined : BY_SUBCODE[subcode];
  if (bySubcode) return bySubcode;
  const byCode = BY_CODE[code];
  if (byCode) return byCode;
  if (code >= 200 && code <= 299) return PERMISSION;
  if (code >= 80_000 && code <= 80_014) return PRODUCT_LIMIT;
  return UNLISTED;
}
