//! Why a document is not signed like that → one sentence in Vietnamese.

use crate::error::Refusal;

/// The reason in Vietnamese; the English one is the error's own text.
pub(super) fn vi(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Broken { field } => format!("chữ ký trong ô \"{field}\" không hợp lệ"),
        Refusal::CertificationNotFirst => {
            "chữ ký chứng nhận phải là chữ ký đầu tiên, mà tài liệu đã có chữ ký".to_owned()
        }
        Refusal::Closed => "chữ ký chứng nhận không cho phép thay đổi gì (P = 1)".to_owned(),
        Refusal::ClosedBy { field } => {
            format!("chữ ký trong ô \"{field}\" không cho phép thay đổi gì (P = 1)")
        }
        Refusal::DynamicForm => "đây là biểu mẫu XFA động".to_owned(),
        Refusal::FieldDirect { field } => {
            format!("ô \"{field}\" không phải là một đối tượng riêng")
        }
        Refusal::FieldExists { field } => format!("đã có ô tên \"{field}\""),
        Refusal::FieldMissing { field } => format!("không có ô nào tên \"{field}\""),
        Refusal::FieldName { field } => format!(
            "không đặt được tên ô là \"{field}\": tên không được trống và không có dấu chấm"
        ),
        Refusal::FieldPlace { field } => {
            format!("ô \"{field}\" không có vị trí trên trang, hoặc có nhiều hơn một")
        }
        Refusal::FieldSigned { field } => format!("ô \"{field}\" đã được ký"),
        Refusal::FieldOfOtherKind { field } => format!("ô \"{field}\" không phải là ô chữ ký"),
        Refusal::FieldsOfOneName { field } => format!("có nhiều ô cùng tên \"{field}\""),
        Refusal::Form { form } => format!("ô chữ ký đòi hỏi dạng chữ ký khác với {form}"),
        Refusal::Handler => "ô chữ ký đòi hỏi trình xử lý chữ ký khác".to_owned(),
        Refusal::Locked { by, field } => {
            format!("chữ ký trong ô \"{by}\" đã khóa ô \"{field}\"")
        }
        Refusal::NothingToRaise => "không có chữ ký nào nâng mức được".to_owned(),
        Refusal::OtherCertificate => {
            "đã chuẩn bị cho chứng thư khác với chứng thư của dịch vụ".to_owned()
        }
        Refusal::OtherFile => "đây không phải là tệp đã chuẩn bị".to_owned(),
        Refusal::PageDirect => "trang không phải là một đối tượng riêng".to_owned(),
        Refusal::PageMissing { page } => format!("không có trang {page}"),
        Refusal::Rectangle => "khung của chữ ký không đúng".to_owned(),
        Refusal::RepeatedField => {
            "chữ ký trong ô có sẵn không hiện thêm ở nơi khác được".to_owned()
        }
        Refusal::RepeatedInvisible => {
            "chữ ký không hiển thị thì không hiện thêm ở nơi khác được".to_owned()
        }
        Refusal::SeedValues => {
            "ô chữ ký đòi hỏi các thuộc tính (seed value) chưa được hỗ trợ".to_owned()
        }
        Refusal::TwoNewFields { field } => format!("hai ô mới cùng tên \"{field}\""),
    }
}
