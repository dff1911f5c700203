import { requireFromCli } from './firebase-tools.ts';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];

/**
 * Lets the CLI call its emulators without a proxy. It sends every request through the proxy of the environment, whatever
 * NO_PROXY says (firebase-tools, lib/apiv2.js), and no proxy reaches loopback.
 */
export function useDirectConnections(): void {
  const { no_proxy, NO_PROXY, no_grpc_proxy } = process.env;
  const extend = (hosts: string | undefined) =>
    hosts === '*' ? hosts : [hosts, ...LOOPBACK].filter(Boolean).join(',');
  const noProxy = extend(no_proxy || NO_PROXY);
  // For the functions, too: gRPC reads them for Firestore.
  Object.assign(process.env, { no_proxy: noProxy, NO_PROXY: noProxy });
  if (no_grpc_proxy) process.env.no_grpc_proxy = extend(no_grpc_proxy);

  type Agent<Options> = new (options: Options) => object;
  interface Undici {
    ProxyAgent: Agent<{ uri: string }>;
    EnvHttpProxyAgent: Agent<object>;
  }
  const undici: Undici = requireFromCli('undici');
  undici.ProxyAgent = class {
    constructor({ uri }: { uri: string }) {
      // biome-ignore lint/correctness/noConstructorReturn: the CLI calls a constructor, and needs the other agent
      return new undici.EnvHttpProxyAgent({ httpProxy: uri, httpsProxy: uri, noProxy });
    }
  };
}
