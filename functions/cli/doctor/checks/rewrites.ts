import { type Check, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';

/** Globs that match every path. */
const CATCH_ALL = ['**', '/**', '**/*', '/**/*'];

export const hostingRewrites: Check = {
  name: 'Hosting rewrites',
  reads: 'files',
  run({ files, installation: { prefix } }) {
    const api = `${prefix}api`;
    const sites = files.firebaseJson.hosting.filter(({ rewrites }) =>
      rewrites.some((one) => target(one) === api),
    );
    if (sites.length === 0) throw new NotApplicable(`no Hosting rewrite leads to ${api}`);
    return sites.flatMap(({ rewrites }) => {
      const at = rewrites.findIndex((one) => target(one) === api);
      const before = rewrites.slice(0, at).find((one) => CATCH_ALL.includes(pattern(one)));
      if (!before) return [];
      const what = `Hosting answers ${pattern(rewrites[at] ?? {})} with the rewrite of ${pattern(before)}, which stands before the one to ${api}`;
      return [finding('rewrite-unreachable', what, `Move the rewrite to ${api} up in firebase.json.`)];
    });
  },
};

interface Rewrite {
  readonly source?: string | undefined;
  readonly glob?: string | undefined;
  readonly function?: string | { readonly functionId: string } | undefined;
}

const pattern = ({ source, glob }: Rewrite) => source ?? glob ?? '';
const target = ({ function: named }: Rewrite) => (typeof named === 'object' ? named.functionId : named);
