import { type OfferedOrder, orderText } from '../order-texts.js';

/** A button that opens the dialog for an order. */
export function OrderButton({ cluster, offer }: { cluster: string; offer: OfferedOrder }) {
  const { order, instance, quarantine, all } = offer;
  const { button, follows } = orderText(offer);
  const subject = instance ?? cluster;
  const key = [order, instance, quarantine, all && 'all'].filter(Boolean).join('-');
  return (
    <button
      type="button"
      id={`order-${key}`}
      class={order === 'cancel' ? 'danger' : undefined}
      data-order={JSON.stringify(offer)}
      data-cluster={cluster}
      data-title={`${button}: ${subject}`}
      data-button={button}
      data-follows={follows}
      aria-haspopup="dialog"
    >
      {button}
      <span class="unseen"> {subject}</span>…
    </button>
  );
}
