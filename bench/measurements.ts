import { coldStart } from './cold-start/cold-start.ts';
import { imports } from './cold-start/imports.ts';
import { lambda } from './cold-start/lambda.ts';
import { growth } from './growth/growth.ts';
import { feed } from './http/feed.ts';
import { http } from './http/http.ts';
import type { Section } from './lib/report.ts';
import type { Sizes } from './lib/sizes.ts';
import { hour } from './memory/hour.ts';
import { memory } from './memory/memory.ts';
import { scale } from './scale.ts';
import { parts } from './verification/parts.ts';
import { verification } from './verification/verification.ts';

export const MEASUREMENTS = {
  verification,
  parts,
  http,
  feed,
  coldStart,
  imports,
  lambda,
  memory,
  hour,
  growth,
  scale,
} as const satisfies Record<string, (sizes: Sizes) => Section | Promise<Section>>;

export type MeasurementName = keyof typeof MEASUREMENTS;

/** The measurements of the short run: those with ratios that a regression would change. */
export const SHORT_RUN: readonly MeasurementName[] = ['verification', 'http', 'coldStart'];
