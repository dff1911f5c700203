/** Everything that `gatehouse doctor` can find. The page explains it, docs/reference/cli.md lists it. */
export const FINDINGS = {
  'not-installed': { severity: 'error', docs: 'docs/reference/cli.md#where-doctor-looks' },
  'rules-exposed': {
    severity: 'error',
    docs: 'docs/guides/firestore-rules.md#if-your-own-rules-end-in-a-catch-all',
  },
  'rules-undecided': {
    severity: 'error',
    docs: 'docs/guides/firestore-rules.md#if-your-own-rules-end-in-a-catch-all',
  },
  'rules-unreleased': { severity: 'warning', docs: 'docs/guides/firestore-rules.md' },
  'database-unlisted': { severity: 'error', docs: 'docs/guides/own-database.md' },
  'several-databases': { severity: 'error', docs: 'docs/guides/function-kit.md#one-instance-in-a-project' },
  'database-missing': { severity: 'error', docs: 'docs/guides/deploy.md#1-prepare-the-project' },
  'index-missing': { severity: 'error', docs: 'docs/guides/deploy.md#3-deploy' },
  'index-not-ready': { severity: 'warning', docs: 'docs/guides/deploy.md#3-deploy' },
  'ttl-missing': { severity: 'error', docs: 'docs/reference/data-model.md' },
  'parameter-invalid': { severity: 'error', docs: 'docs/reference/configuration.md#parameters' },
  'parameter-unknown': { severity: 'warning', docs: 'docs/reference/configuration.md#parameters' },
  'shadow-mode': { severity: 'warning', docs: 'docs/guides/roll-out.md#3-shadow-mode' },
  'cli-outdated': { severity: 'error', docs: 'docs/reference/cli.md#where-doctor-looks' },
  'runtime-outdated': { severity: 'error', docs: 'docs/reference/cli.md#where-doctor-looks' },
  'rewrite-unreachable': { severity: 'error', docs: 'docs/reference/cli.md#where-doctor-looks' },
  'base-path-differs': { severity: 'error', docs: 'docs/reference/configuration.md#base-path' },
  'billing-disabled': { severity: 'error', docs: 'docs/guides/deploy.md#1-prepare-the-project' },
  'api-disabled': { severity: 'error', docs: 'docs/guides/deploy.md#3-deploy' },
  'function-not-active': { severity: 'error', docs: 'docs/operations/runbook.md' },
  'function-left-behind': { severity: 'warning', docs: 'docs/guides/deploy.md#3-deploy' },
  'blocking-function-gone': { severity: 'error', docs: 'docs/guides/sign-up-policy.md' },
  'blocking-function-other': { severity: 'error', docs: 'docs/guides/sign-up-policy.md' },
  'identity-platform-missing': { severity: 'error', docs: 'docs/guides/sign-up-policy.md' },
  'service-account-missing': { severity: 'error', docs: 'docs/operations/service-accounts.md' },
  'service-account-role': { severity: 'error', docs: 'docs/operations/service-accounts.md' },
  'secret-missing': { severity: 'error', docs: 'docs/operations/keys.md#create-the-secret' },
  'owner-missing': { severity: 'warning', docs: 'docs/guides/first-owner.md' },
  'owner-unverified': { severity: 'error', docs: 'docs/guides/first-owner.md' },
  'clock-wrong': { severity: 'error', docs: 'docs/reference/cli.md#where-doctor-looks' },
} as const satisfies Readonly<Record<string, { severity: 'error' | 'warning'; docs: string }>>;

export type FindingId = keyof typeof FINDINGS;

export interface Finding {
  readonly id: FindingId;
  readonly severity: 'error' | 'warning';
  /** What is wrong, and where. */
  readonly what: string;
  /** What to do. */
  readonly fix: string;
  /** Page in the repository. */
  readonly docs: string;
}

export const finding = (id: FindingId, what: string, fix: string): Finding => ({
  id,
  what,
  fix,
  ...FINDINGS[id],
});
