import type { MediaRow } from "../../db/media.ts";
import { isVideo } from "../../platforms/platform.ts";
import { POST_WORDS } from "./post-strings.ts";

/** The widths in which the console's route for media makes pictures smaller, in pixels: in lists, and on a post's page. */
export const MEDIA_WIDTHS = [160, 640] as const;

/** Media of a post, with where its bytes can be had. */
export interface ShownMedia {
  row: MediaRow;
  /** Of the file itself. */
  url: string;
  /** Of something smaller to show, where there is such a thing. */
  smallUrl: string;
  /** What it shows, where whoever wrote the post says so. */
  altText: string | null;
}

/** The first medium of a post, small. What it shows stands beside it in words. */
export function Thumbnail({ src }: { src: string }) {
  return <img class="thumb" src={src} width={48} height={48} alt="" loading="lazy" decoding="async" />;
}

/** The media of a post, in order; null: it was deleted. */
export function MediaList({ media }: { media: readonly (ShownMedia | null)[] }) {
  if (media.length === 0) return null;
  return (
    <ul class="media">
      {media.map((each, index) => (
        <li>
          {each === null ? (
            <p class="soft small">{POST_WORDS.gone}</p>
          ) : (
            <Medium media={each} number={index + 1} count={media.length} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Medium({ media, number, count }: { media: ShownMedia; number: number; count: number }) {
  const { row, url, smallUrl, altText } = media;
  const { width, height } = row;
  if (!isVideo(row)) {
    const alt = altText ?? POST_WORDS.picture(number, count);
    return <img src={smallUrl} width={width} height={height} alt={alt} loading="lazy" decoding="async" />;
  }
  const label = altText ?? POST_WORDS.video(number, count);
  return (
    // biome-ignore lint/a11y/useMediaCaption: what is posted has no captions
    <video src={url} width={width} height={height} controls playsinline preload="metadata" aria-label={label} />
  );
}
