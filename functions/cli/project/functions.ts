import * as z from 'zod';
import { callPages, type ProjectAccess, pageOf } from './request.ts';

/** Labels that the Firebase CLI sets (`lib/functions/constants.js` of firebase-tools). */
const CODEBASE_LABEL = 'firebase-functions-codebase';
const BLOCKING_LABEL = 'deployment-blocking';

/** Codebase of a function that was deployed without a name for it. */
export const DEFAULT_CODEBASE = 'default';

export interface DeployedFunction {
  readonly name: string;
  readonly region: string;
  readonly generation: 1 | 2;
  /** Undefined for a function that the Firebase CLI did not deploy. */
  readonly codebase: string | undefined;
  readonly uri: string | undefined;
  readonly serviceAccount: string | undefined;
  /** `before-create`, `before-sign-in`, … for a blocking function. */
  readonly blocking: string | undefined;
  readonly state: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Secrets of Secret Manager, by the variable that has the value. */
  readonly secrets: readonly { readonly key: string; readonly secret: string; readonly version: string }[];
}

export interface DeployedFunctions {
  readonly functions: readonly DeployedFunction[];
  /** Regions that did not answer: what runs there is unknown. */
  readonly unreachable: readonly string[];
}

const secrets = z.array(z.object({ key: z.string(), secret: z.string(), version: z.string() }));
const strings = z.record(z.string(), z.string());
const firstGeneration = z.object({
  name: z.string(),
  status: z.string().optional(),
  labels: strings.optional(),
  environmentVariables: strings.optional(),
  serviceAccountEmail: z.string().optional(),
  httpsTrigger: z.object({ url: z.string().optional() }).optional(),
});
const secondGeneration = z.object({
  name: z.string(),
  state: z.string().optional(),
  url: z.string().optional(),
  labels: strings.optional(),
  serviceConfig: z
    .object({
      uri: z.string().optional(),
      serviceAccountEmail: z.string().optional(),
      environmentVariables: strings.optional(),
      secretEnvironmentVariables: secrets.optional(),
    })
    .optional(),
});
const listOf = <T extends z.ZodType>(item: T) =>
  pageOf({ functions: z.array(item).optional(), unreachable: z.array(z.string()).optional() });

/** All functions of both generations, in all regions. @throws ApiError */
export async function readFunctions(access: ProjectAccess): Promise<DeployedFunctions> {
  const path = `projects/${access.projectId}/locations/-/functions`;
  const [first, second] = await Promise.all([
    callPages(access, ['functionsV1', `v1/${path}`], listOf(firstGeneration)),
    callPages(access, ['functionsV2', `v2/${path}`], listOf(secondGeneration), {
      filter: 'environment="GEN_2"',
    }),
  ]);
  const functions = [
    ...first
      .flatMap((page) => page.functions ?? [])
      .map((one) => ({
        ...common(one),
        generation: 1 as const,
        uri: one.httpsTrigger?.url,
        serviceAccount: one.serviceAccountEmail,
        state: one.status,
        environment: one.environmentVariables ?? {},
        secrets: [],
      })),
    ...second
      .flatMap((page) => page.functions ?? [])
      .map((one) => ({
        ...common(one),
        generation: 2 as const,
        uri: one.serviceConfig?.uri ?? one.url,
        serviceAccount: one.serviceConfig?.serviceAccountEmail,
        state: one.state,
        environment: one.serviceConfig?.environmentVariables ?? {},
        secrets: one.serviceConfig?.secretEnvironmentVariables ?? [],
      })),
  ];
  // A region, or its resource name.
  const unreachable = [...first, ...second]
    .flatMap((page) => page.unreachable ?? [])
    .map((name) => name.slice(name.lastIndexOf('/') + 1));
  return { functions, unreachable: [...new Set(unreachable)] };
}

function common({ name, labels = {} }: { name: string; labels?: Record<string, string> | undefined }) {
  const [, , , region = '', , id = ''] = name.split('/');
  const isOfFirebase = (labels['deployment-tool'] ?? '').includes('firebase') || CODEBASE_LABEL in labels;
  return {
    name: id,
    region,
    codebase: labels[CODEBASE_LABEL] ?? (isOfFirebase ? DEFAULT_CODEBASE : undefined),
    blocking: labels[BLOCKING_LABEL],
  };
}
