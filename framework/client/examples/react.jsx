import { useSyncExternalStore } from "react";
import { connect } from "salon-client";

/** What a readable of the client's holds, in a component. */
export const useReadable = (readable) => useSyncExternalStore(readable.subscribe, readable.get);

const salon = connect("/salon");

export const Connection = () => <p role="status">{useReadable(salon.state).at}</p>;

/** Who is in a room that was joined. */
export const Members = ({ room }) => <ul>{[...useReadable(room.presence).keys()].map((user) => <li key={user}>{user}</li>)}</ul>;
