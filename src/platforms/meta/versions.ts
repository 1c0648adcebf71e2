/** When versions of the Graph API end. https://developers.facebook.com/docs/graph-api/changelog */
const ENDS: Readonly<Record<string, string>> = {
  "v21.0": "2027-01-21",
  "v22.0": "2027-05-20",
  "v23.0": "2027-10-08",
  "v24.0": "2028-02-18",
  "v25.0": "2028-07-29",
};

/** @returns the day as `2028-07-29`; null where Meta has not said it yet */
export function graphVersionEnd(version: string): string | null {
  return ENDS[version] ?? null;
}
