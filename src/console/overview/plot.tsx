import type { Child } from "hono/jsx";

/*
 * Small plots, drawn by the server. What they show stands in a table as well: a picture is for who sees it.
 */

/** In the plot's own units, which are pixels at its full width: one over the page, and one beside others. */
const WIDE = { width: 600, height: 120 };
const NARROW = { width: 300, height: 90 };
type Size = typeof WIDE;
/** Between two bars. */
const GAP = 3;

/** A part of a bar; its tone is its colour. */
export interface Part {
  tone: "ok" | "bad" | "info" | "calm";
  value: number;
}

/** What stands at one day. */
interface Bar {
  label: string;
  parts: readonly Part[];
}

/**
 * Bars of several parts, one on the other.
 *
 * @param marked the bar that is today's
 */
export function Bars({ alt, bars, marked }: { alt: string; bars: readonly Bar[]; marked: number }) {
  const { width, height } = WIDE;
  const top = Math.max(1, ...bars.map(({ parts }) => sumOf(parts)));
  const step = width / bars.length;
  return (
    <Plot alt={alt} size={WIDE}>
      {marked < 0 ? null : <rect class="now" x={round(marked * step)} y={0} width={round(step)} height={height} />}
      {bars.map((bar, index) => (
        <StackedBar bar={bar} x={index * step} width={step - GAP} scale={height / top} />
      ))}
    </Plot>
  );
}

function StackedBar({ bar, x, width, scale }: { bar: Bar; x: number; width: number; scale: number }) {
  let y = WIDE.height;
  return (
    <g>
      <title>{bar.label}</title>
      {bar.parts.map(({ tone, value }) => {
        const height = value * scale;
        y -= height;
        if (height === 0) return null;
        return <rect class={tone} x={round(x + GAP / 2)} y={round(y)} width={round(width)} height={round(height)} />;
      })}
    </g>
  );
}

/** A line through the days that have a value. */
interface Line {
  kind: "main" | "side";
  values: readonly (number | null)[];
}

/** @param top what stands at the upper edge */
export function Lines({ alt, lines, top }: { alt: string; lines: readonly Line[]; top: number }) {
  return (
    <Plot alt={alt} size={NARROW}>
      {lines.map(({ kind, values }) => (
        <LineOf kind={kind} points={pointsOf(values, top)} />
      ))}
    </Plot>
  );
}

function LineOf({ kind, points }: { kind: Line["kind"]; points: readonly (readonly [number, number])[] }) {
  return (
    <g class={kind}>
      <polyline points={points.map((point) => point.join(",")).join(" ")} />
      {points.map(([x, y]) => (
        <circle cx={x} cy={y} r={3} />
      ))}
    </g>
  );
}

function pointsOf(values: readonly (number | null)[], top: number): (readonly [number, number])[] {
  const { width, height } = NARROW;
  const step = width / values.length;
  return values.flatMap((value, index) => {
    if (value === null) return [];
    // A little within the edges, for the dots are round.
    const y = 4 + (height - 8) * (1 - value / top);
    return [[round((index + 0.5) * step), round(y)] as const];
  });
}

function Plot({ alt, size: { width, height }, children }: { alt: string; size: Size; children: Child }) {
  return (
    <svg class="plot" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={alt}>
      {children}
    </svg>
  );
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
