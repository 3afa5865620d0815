// generated: `a b c`; do not edit. Contract */ alert(1) /* </script><script>alert(2)</script> <!--   ` ${x} & " ' {{id}}      ~1/
import type { Contract, Described } from "salon-client";

/**
 * *\/ alert(1) /* </script><script>alert(2)</script> <!--
 *  ` ${x} & " ' {{id}}
 *
 *    ~1/
 */
export interface ___alert_1_______script__script_alert_2___script___________$_x__________id_________1_ {
  prototype?: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
  /**
   * *\/ alert(1) /* </script><script>alert(2)</script> <!--
   *  ` ${x} & " ' {{id}}
   *
   *    ~1/
   * @format *\/ alert(1) /* </script><script>alert(2)</script> <!--
   *  ` ${x} & " ' {{id}}
   *
   *    ~1/
   */
  "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": string;
  constructor?:
    | "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/"
    | 1.5
    | true
    | {
      "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": [
        "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/",
      ];
    }
    | null;
  "no property": unknown;
}
export type a_b = never;
export type any_ = unknown;
/** What clients of `/` send and get. */
export interface Main extends Contract {
  hash: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
  up: {
    "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": {
      in: ___alert_1_______script__script_alert_2___script___________$_x__________id_________1_;
      out: any_;
      room: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
      key: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
      join: true;
      refusals: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
    };
    "/": { in: unknown; out: unknown };
    "__proto__": {
      in: ___alert_1_______script__script_alert_2___script___________$_x__________id_________1_;
      out: any_;
      room: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
      key: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
      join: true;
      refusals: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
    };
    /**
     * *\/ alert(1) /* </script><script>alert(2)</script> <!--
     *  ` ${x} & " ' {{id}}
     *
     *    ~1/
     */
    "a.b": { in: void; out: void };
    /**
     * *\/ alert(1) /* </script><script>alert(2)</script> <!--
     *  ` ${x} & " ' {{id}}
     *
     *    ~1/
     */
    "a:b": { in: void; out: void };
  };
  down: {
    "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": {
      data: [a_b?, any_?, ...unknown[]];
      room: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
    };
    "__proto__": {
      data: [a_b?, any_?, ...unknown[]];
      room: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/";
    };
  };
  ask: {
    "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": {
      data: ___alert_1_______script__script_alert_2___script___________$_x__________id_________1_;
      out: unknown;
    };
  };
  presence: {
    "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": any_;
    __proto__: unknown;
  };
}

/** What the client needs at run time. */
export declare const main: Described<Main>;
