import type { Bar, Chart } from './report.ts';
import { formatNumber } from './stats.ts';

const WIDTH = 760;
const LABEL = 250;
const ROW = 30;
const TOP = 44;
const ROOM = 150;

/** Renders a bar chart as SVG: bars are medians, thin lines go from minimum to maximum. Supports light and dark mode. */
export function toSvg({ title, unit, highlighted, bars }: Chart): string {
  const longest = Math.max(...bars.map(({ max }) => max));
  const x = (value: number) => (LABEL + ((WIDTH - LABEL - ROOM) * value) / longest).toFixed(1);
  const height = TOP + bars.length * ROW + 10;
  const bar = ({ label, median, min, max }: Bar, index: number) => {
    const y = TOP + index * ROW;
    const middle = y + 10;
    return [
      `<text x="${LABEL - 10}" y="${y + 14}" text-anchor="end"${label === highlighted ? ' font-weight="bold"' : ''}>${toXml(label)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${(Number(x(median)) - LABEL).toFixed(1)}" height="20" fill="${label === highlighted ? '#2f9e6e' : '#8a94a6'}"/>`,
      `<path d="M${x(min)} ${middle}H${x(max)}M${x(min)} ${middle - 4}v8M${x(max)} ${middle - 4}v8" stroke="#d9480f" fill="none"/>`,
      `<text x="${(Number(x(max)) + 8).toFixed(1)}" y="${y + 14}">${formatNumber(median)} ${toXml(unit)}</text>`,
    ].join('\n');
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${toXml(title)}" font-family="sans-serif" font-size="13">`,
    `<style>text{fill:#24292f}@media(prefers-color-scheme:dark){text{fill:#d0d7de}}</style>`,
    `<text x="10" y="24" font-size="15">${toXml(title)}</text>`,
    ...bars.map(bar),
    '</svg>\n',
  ].join('\n');
}

const toXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
