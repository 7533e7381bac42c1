import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { pageRequest, presentPage } from '../page.ts';
import { filterIds } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import { bundleReference } from '../presenters/bundle.ts';
import { presentReceipt } from '../presenters/deployment.ts';
import { at } from '../route-options.ts';

export const receiptRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  app.route({
    ...at(routes.listReceipts),
    handler: async ({ query }) => {
      const filter = {
        ...(await filterIds(parts, query)),
        ...defined({ deploymentId: query.deployment }),
      };
      const page = await parts.store.receipts.list({ ...pageRequest(query), ...filter });
      const bundleIds = new Set(page.items.map((receipt) => receipt.bundleId));
      const bundles = await parts.store.bundles.names([...bundleIds]);
      return presentPage(page, (receipt) => {
        const bundle = bundles.get(receipt.bundleId);
        return presentReceipt(receipt, bundle && bundleReference(bundle.name, bundle.version));
      });
    },
  });
  done();
};
