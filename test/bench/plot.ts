import type { Millis } from "../../src/lib/clock.ts";
import { quantile } from "./numbers.ts";

/** One line of a plot: how late each of its posts was, the least first. */
export interface Line {
  label: string;
  /** A colour of CSS that is read on white and on black. */
  color: string;
  late: readonly Millis[];
}

/** One plot: of each line, the share of posts that were no later than so much. */
export interface Plot {
  title: string;
  lines: readonly Line[];
}

const [WIDTH, HEIGHT] = [360, 200];
const [LEFT, TOP, GAP, BOTTOM] = [44, 34, 60, 40];
const SHARES = [0, 0.25, 0.5, 0.75, 1];
const TICKS = 4;

/** Draws plots side by side, as SVG. */
export function drawPlots(plots: readonly Plot[]): string {
  const width = LEFT + plots.length * (WIDTH + GAP);
  const lines = Math.max(...plots.map((plot) => plot.lines.length));
  const height = TOP + HEIGHT + BOTTOM + 16 * lines;
  const drawn = plots.map(
    (plot, index) => `<g transform="translate(${LEFT + index * (WIDTH + GAP)} ${TOP})">${draw(plot)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="#777">
<title>How late posts are</title>
${drawn.join("\n")}
</svg>
`;
}

function draw({ title, lines }: Plot): string {
  const most = roundUp(Math.max(...lines.map(({ late }) => quantile(late, 1))));
  const x = (late: Millis) => ((late / most) * WIDTH).toFixed(1);
  const y = (share: number) => ((1 - share) * HEIGHT).toFixed(1);
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => (most / TICKS) * index);
  return [
    `<text y="-14" font-size="13">${title}</text>`,
    ...SHARES.map(
      (share) =>
        `<path d="M0 ${y(share)}H${WIDTH}" stroke="#9994"/><text x="-6" y="${y(share)}" dy="4" text-anchor="end">${share * 100} %</text>`,
    ),
    ...ticks.map((late) => `<text x="${x(late)}" y="${HEIGHT + 16}" text-anchor="middle">${late} ms</text>`),
    ...lines.flatMap(({ label, color, late }, index) => {
      // A step for each post would be a file nobody wants to load: one for each half of a hundredth is as good.
      const steps = Array.from({ length: 200 }, (_, step) => (step + 1) / 200);
      const path = steps.map((share) => `L${x(quantile(late, share))} ${y(share)}`).join("");
      return [
        `<path d="M${x(late[0] ?? 0)} ${y(0)}${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
        `<text y="${HEIGHT + 36 + 16 * index}" fill="${color}">${label}: ${summary(late)}</text>`,
      ];
    }),
  ].join("\n");
}

/** What a plot is read for. */
export function summary(late: readonly Millis[]): string {
  const of = (share: number) => Math.round(quantile(late, share));
  return `p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, max ${of(1)} ms`;
}

/** The next number that four ticks divide well. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(1, Math.floor(Math.log10(Math.max(value, 1))));
  return [0.4, 0.8, 1.2, 2, 4, 8, 10].map((factor) => factor * unit).find((most) => most >= value) ?? 10 * unit;
}
