//! The page of the running app.

use actix_web::http::Method;
use salon::{
    Builder, Namespace,
    prelude::*,
    testing::{Lab, Wire},
};
use schemars::JsonSchema;

/// Say </script><script>alert(1)</script>.
#[derive(Deserialize, Event, JsonSchema)]
#[event("say</script>")]
struct Say {
    #[expect(dead_code, reason = "its schema is what counts")]
    text: String,
}

#[derive(Default)]
struct Guest;

#[salon::session(identity = ())]
impl Guest {
    #[on]
    fn say(&mut self, _: Say) {}
}

async fn lab(change: impl FnOnce(Builder) -> Builder) -> Lab {
    let builder = change(Salon::builder()).namespace(Namespace::new("/contract"));
    Lab::new(builder.session::<Guest>().build().expect("it fits together")).await
}

#[salon::test]
async fn what_the_app_says_is_no_markup_there() {
    let lab = lab(|builder| builder.contract_page(true)).await;
    let page = lab.visitor().request(Method::GET, "/salon/contract", "").await?;
    assert_eq!(page.status, 200);
    let text = page.text();
    let (_, json) = text.split_once("application/json\" id=\"contract\">").expect("the contract");
    let (json, _) = json.split_once("</script>").expect("its end");
    let document: salon::contract::Document = serde_json::from_str(json)?;
    assert_eq!(document, lab.salon().contract());
    assert!(!json.contains('<'), "{json}");
    let policy = page.headers.get("content-security-policy").expect("one").to_str()?;
    assert!(
        policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    let script = lab.visitor().request(Method::GET, "/salon/playground.js", "").await?;
    assert!(
        script.headers.get("content-type").expect("one").to_str()?.starts_with("text/javascript")
    );
}

#[salon::test]
async fn it_is_there_only_if_it_is_asked_for_in_a_release() {
    for (is_served, status) in [(true, 200), (false, 404)] {
        let lab = lab(|builder| builder.contract_page(is_served)).await;
        for path in ["/salon/contract", "/salon/playground.js"] {
            let answer = lab.visitor().request(Method::GET, path, "").await?;
            assert_eq!(answer.status.as_u16() == 200, status == 200, "{path}: {}", answer.status);
        }
        // The namespace of that name is there as ever.
        lab.visitor().wire(Wire::Plain).namespace("/contract").connect().await?;
    }
    let by_default = lab(|builder| builder).await;
    let answer = by_default.visitor().request(Method::GET, "/salon/contract", "").await;
    assert!(answer.is_ok_and(|it| (it.status == 200) == cfg!(debug_assertions)));
}
