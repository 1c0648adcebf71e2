/*
 * Small versions of pictures, made when they are looked at and kept by the browser alone.
 */

const QUALITY = 80;
/**
 * Too large, no picture, too many pixels, unknown or invalid format; or the account's free transformations are used up. In each
 * case the picture itself is as good. https://developers.cloudflare.com/images/reference/troubleshooting/
 */
const NOT_MADE: readonly unknown[] = [9402, 9412, 9413, 9422, 9520, 9523];

/**
 * Makes a small version of a picture, as WebP.
 *
 * @param images Cloudflare Images, or null where it is not bound
 * @param width in pixels, at most
 * @returns null where none can be had
 */
export async function makeThumbnail(
  images: ImagesBinding | null,
  source: ReadableStream<Uint8Array>,
  width: number,
): Promise<ArrayBuffer | null> {
  if (!images) return null;
  try {
    const made = await images
      .input(source)
      .transform({ width, fit: "scale-down" })
      .output({ format: "image/webp", quality: QUALITY });
    return await new Response(made.image()).arrayBuffer();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (!NOT_MADE.includes(code)) throw error;
    return null;
  }
}
