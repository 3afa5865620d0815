import { h, onScopeDispose, shallowRef } from "vue";
import { connect } from "salon-client";

/** What a readable of the client's holds, in a component. */
export const useReadable = (readable) => {
  const value = shallowRef(readable.get());
  onScopeDispose(readable.subscribe((next) => (value.value = next)));
  return value;
};

const salon = connect("/salon");

export const Connection = {
  setup() {
    const state = useReadable(salon.state);
    return () => h("p", { role: "status" }, state.value.at);
  },
};

/** Who is in a room that was joined. */
export const Members = {
  props: ["room"],
  setup({ room }) {
    const users = useReadable(room.presence);
    return () => h("ul", [...users.value.keys()].map((user) => h("li", { key: user }, user)));
  },
};
