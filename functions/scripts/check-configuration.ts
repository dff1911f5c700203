import gatehouse from '../gatehouse.config.ts';
import { type ProductConfig, readProduct } from '../src/product-config.ts';

/**
 * Checks the values in `gatehouse.config.ts`, as they are in production and in the emulator. `firebase deploy` names the
 * project in GCLOUD_PROJECT; without it, that of the emulator stands in for it.
 *
 * @throws ConfigError that names the path of each field that is wrong
 */
export function checkConfiguration(
  product: ProductConfig = gatehouse,
  projectId = process.env.GCLOUD_PROJECT || 'demo-gatehouse',
): void {
  for (const emulator of [false, true]) readProduct(product, { projectId, emulator });
}
