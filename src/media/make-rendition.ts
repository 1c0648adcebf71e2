import type { Change } from "../db/change.ts";
import type { MediaRow } from "../db/media.ts";
import { findRendition } from "../db/media.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { MediaDeps } from "./add-media.ts";
import { addMedia, mediaCreated } from "./add-media.ts";
import { requireMedia } from "./find-media.ts";
import { INSTAGRAM_MAX_BYTES, INSTAGRAM_WIDTHS, renditionHint } from "./rendition-hint.ts";

/** `found`: the media fits as it is, or its rendition was made before. */
export type RenditionOutcome = { is: "made"; media: MediaRow } | { is: "found"; media: MediaRow };

const QUALITY = 90;
/** Too large, no picture, too many pixels, unknown or invalid format. https://developers.cloudflare.com/images/reference/troubleshooting/ */
const UNREADABLE: readonly unknown[] = [9402, 9412, 9413, 9520, 9523];
const NOT_CONFIGURED =
  'Renditions need Cloudflare Images: bind it in wrangler.toml ([images] binding = "IMAGES") and deploy again.';

/**
 * Makes of a picture one that Instagram takes: JPEG, sRGB, 320 to 1440 pixels wide. Its ratio stays: how to crop is not
 * ours to say.
 *
 * @param images Cloudflare Images, or null where it is not bound
 * @throws Refusal when the workspace has no such media, it cannot be done, or there is nothing to do it with
 */
export async function makeRendition(
  deps: MediaDeps & { images: ImagesBinding | null },
  scope: Scope,
  sourceId: string,
  change: Change<RenditionOutcome>,
): Promise<RenditionOutcome> {
  const source = await requireMedia(deps.db, scope, sourceId);
  const hint = renditionHint(source, "instagram");
  if (!hint) return { is: "found", media: source };
  if (!hint.possible) throw invalid("media_id", hint.reason);
  const before = await findRendition(deps.db, scope, sourceId);
  if (before) return { is: "found", media: before };
  const { images, bucket } = deps;
  if (!images) throw new Refusal("platform_not_configured", NOT_CONFIGURED);

  const record = (row: MediaRow) => change.record(mediaCreated(row), { is: "made", media: row });
  const media = await addMedia(deps, scope, { field: "media_id", renditionOf: sourceId }, record, async (key) => {
    const object = await bucket.get(sourceId);
    if (!object) throw new Error("the bytes of media are gone");
    await bucket.put(key, await convert(images, object.body, targetWidth(source.width)));
  });
  if (media) return { is: "made", media };
  const first = await findRendition(deps.db, scope, sourceId);
  if (!first) throw new Error("a rendition was made by another and is not there");
  return { is: "found", media: first };
}

function targetWidth(width: number): number {
  return Math.min(Math.max(width, INSTAGRAM_WIDTHS.min), INSTAGRAM_WIDTHS.max);
}

/**
 * Colour profiles and EXIF orientation are applied on the way; what is transparent becomes white.
 *
 * @throws Refusal when the picture cannot be read
 */
async function convert(images: ImagesBinding, source: ReadableStream<Uint8Array>, width: number): Promise<Uint8Array> {
  try {
    const converted = await images
      .input(source)
      .transform({ width, fit: "contain" })
      .output({ format: "image/jpeg", quality: QUALITY, background: "#ffffff" });
    // Of a known length, as R2 wants it. At this width a JPEG has a megabyte or two.
    const bytes = new Uint8Array(await new Response(converted.image()).arrayBuffer());
    if (bytes.byteLength > INSTAGRAM_MAX_BYTES) throw new Error("a rendition is larger than it can be");
    return bytes;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (!UNREADABLE.includes(code)) throw error;
    throw invalid("media_id", `The picture could not be read by Cloudflare Images (${code}): it may be damaged.`);
  }
}
