/** What a deployment does to one thing of the project, or why it must not start. */
export interface Item {
  readonly action: 'create' | 'change' | 'replace' | 'delete' | 'leave' | 'warn' | 'refuse';
  /** `function api (us-central1)` */
  readonly what: string;
  /** A reason, or what to do. */
  readonly why?: string | undefined;
  /** Its name for `--accept`: it is asked about. Without one it is done without a question. */
  readonly key?: string | undefined;
  readonly part?: Part | undefined;
}

/** The parts of a deployment. */
export const PARTS = ['rules', 'indexes', 'functions', 'hosting', 'auth'] as const;
export type Part = (typeof PARTS)[number];

const PARTS_OF_TARGET: Record<string, readonly Part[]> = {
  firestore: ['rules', 'indexes'],
  'firestore:rules': ['rules'],
  'firestore:indexes': ['indexes'],
  functions: ['functions'],
  hosting: ['hosting'],
  auth: ['auth'],
};

const partsIn = (targets: string) =>
  targets
    .split(/[\s,]+/)
    .flatMap((target) => PARTS_OF_TARGET[target] ?? PARTS_OF_TARGET[target.replace(/:.*/, '')] ?? []);

/** The parts that `--only` or `--except` of `firebase deploy` leave. */
export function partsOf({
  only,
  except,
}: {
  only?: string | undefined;
  except?: string | undefined;
}): Part[] {
  if (only !== undefined) return PARTS.filter((part) => partsIn(only).includes(part));
  return PARTS.filter((part) => !partsIn(except ?? '').includes(part));
}
